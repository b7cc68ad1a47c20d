"""The text: verdict and first cause at the front, all of it within what SSM keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.diagnosis import Patient
from ladybug_agent.diagnose.ascii import listed, pairs, plain
from ladybug_agent.diagnose.check import Command, Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.text import text_of
from ladybug_agent.diagnose.verdict import verdict_line
from support.diagnoses import MOMENT, worst

HOST = {
    "instance_id": "i-0123456789abcdef0",
    "availability_zone": "eu-central-1a",
    "snapshot_id": "snap-0123456789abcdef0",
    "image_digest": "sha256:ab12cd34ef56ab12cd34ef56",
}
FACTS = {"age": "7h", "status": "healthy", "lease": "+88s"}
ROOT = Result(
    id="container.running",
    status="fail",
    message="the container is exited, exit code 137",
    code="container_exited",
    evidence={"exit_code": 137, "names": ("a", "b")},
    remedy=Remedy(
        text="read its log",
        commands=(Command("docker logs x", "safe"), Command("reboot", "disruptive")),
        iam=("ec2:DescribeVolumes",),
    ),
)
FOLLOWS = Result(
    id="service.health", status="fail", message="no answer", caused_by="container.running"
)
BLOCKED = Result(
    id="service.query", status="skip", message="not asked", blocked_by="container.running"
)
OLD = Result(
    id="data.freshness", status="warn", message="9 days old", code="snapshot_stale",
    remedy=Remedy(text="take a new one"),
)  # fmt: skip
PASSED = Result(id="agent.config", status="pass", message="good")
UNASKED = Result(id="data.hydration", status="skip", message="nobody has reported")


def diagnosis(*results: Result) -> Diagnosis:
    return Diagnosis(
        host=HOST, taken_at=MOMENT, duration_s=0.94, results=results, verdict_facts=FACTS
    )


SICK = diagnosis(PASSED, ROOT, FOLLOWS, BLOCKED, OLD, UNASKED)


def test_the_first_line_is_the_verdict() -> None:
    assert verdict_line(SICK) == (
        "LBDIAG/1 FAIL container.running fail=2 warn=1 pass=1 skip=2 err=0 0.9s"
        " i-0123456789abcdef0 az=eu-central-1a snap=snap-0123456789abcdef0 age=7h"
        " img=sha256:ab12cd34 status=healthy lease=+88s"
    )


def test_the_first_line_of_a_good_instance_says_pass() -> None:
    assert verdict_line(diagnosis(PASSED, OLD)).startswith(
        "LBDIAG/1 PASS fail=0 warn=1 pass=1 skip=0 err=0 0.9s i-0123456789abcdef0 "
    )


def test_a_root_cause_is_told_with_all_that_helps() -> None:
    lines = text_of(SICK).splitlines()
    assert lines[1:9] == [
        "ROOT CAUSE container.running (container_exited): the container is exited, exit code 137",
        "  saw: exit_code=137 names=a,b",
        "  fix: read its log",
        "  fix (safe): docker logs x",
        "  fix (disruptive): reboot",
        "  iam: ec2:DescribeVolumes",
        "  doc: docs/errors.md#container_exited",
        "  follows: service.health, service.query",
    ]


def test_consequences_are_not_told_a_second_time() -> None:
    assert text_of(SICK).count("service.health") == 1


def test_what_was_skipped_without_a_failure_is_named() -> None:
    later = replace(BLOCKED, blocked_by="data.hydration")
    assert "skipped: data.hydration, service.query\n" in text_of(diagnosis(UNASKED, later))


def test_warnings_come_after_causes_and_the_rest_is_names() -> None:
    text = text_of(SICK)
    warning = "WARNING data.freshness (snapshot_stale): 9 days old\n  fix: take a new one\n"
    assert text.index("ROOT CAUSE") < text.index(warning)
    assert "skipped: data.hydration\npassed: agent.config\n" in text


def test_of_several_root_causes_all_are_named_at_the_front() -> None:
    second = replace(FOLLOWS, caused_by="")
    lines = text_of(diagnosis(ROOT, second)).splitlines()
    assert lines[1] == "root causes: container.running, service.health"


def test_the_front_of_the_worst_text_is_enough() -> None:
    front = text_of(worst()).encode()[:2300].decode()
    lines = front.splitlines()
    assert lines[0].startswith("LBDIAG/1 FAIL agent.config fail=39 ")
    assert [line.split(":")[0] for line in lines[1:8]] == [
        "root causes",
        "ROOT CAUSE agent.config (device_io_errors)",
        "  saw",
        "  fix",
        "  fix (disruptive)",
        "  iam",
        "  doc",
    ]


def test_the_worst_text_keeps_its_limits_and_names_every_cause() -> None:
    text = text_of(worst())
    assert (len(text) <= 20_000, text.isascii(), len(text.splitlines()[0]) <= 200) == (
        True,
        True,
        True,
    )
    assert [one.id for one in worst().results if f"ROOT CAUSE {one.id} " not in text] == []


def test_the_text_of_a_whole_examination_reads_well(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    assert text_of(patient.diagnose()).startswith("LBDIAG/1 PASS fail=0 ")


@pytest.mark.parametrize(
    ("text", "most", "told"),
    [
        ("a\nb\t c", 20, "a b c"),
        ("\x00\x7f", 20, "\\x00\\x7f"),
        ("\U0001f41e", 20, "\\U0001f41e"),
        ("\udcff", 20, "\\udcff"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc..."),
    ],
)
def test_any_text_becomes_one_plain_line(text: str, most: int, told: str) -> None:
    assert plain(text, most) == told


def test_names_that_do_not_fit_are_counted() -> None:
    assert listed(["a.one", "b.two", "c.three"], 19) == "a.one, and 2 more"
    assert listed(["a.one", "b.two", "c.three"], 40) == "a.one, b.two, c.three"
    assert listed([], 10) == ""


def test_long_lists_of_evidence_are_cut() -> None:
    assert pairs({"disks": [str(n) for n in range(30)]}, 200).endswith("10,11...")


def test_a_command_is_shown_whole_or_not_at_all() -> None:
    commands = tuple(Command(f"aws {letter * 200}", "safe") for letter in "abc")
    text = text_of(diagnosis(replace(ROOT, remedy=Remedy(text="look", commands=commands))))
    assert [commands[place].line in text for place in range(3)] == [True, True, False]


def test_a_warning_that_only_follows_is_a_name_after_its_cause() -> None:
    text = text_of(diagnosis(ROOT, replace(OLD, caused_by="container.running")))
    assert "WARNING" not in text
    assert "  follows: data.freshness\n" in text
