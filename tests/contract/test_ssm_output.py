"""A diagnosis that comes by Systems Manager still says what is wrong and what to do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.report.page import page
from ladybug_agent.diagnose.shrink import json_of
from ladybug_agent.diagnose.text import text_of
from ladybug_agent.diagnose.verdict import verdict_line
from support.diagnoses import worst
from support.sample_diagnoses import ROOT, boot, broken, healthy, with_status
from support.ssm import COMBINED_BYTES, invocation

VERBOSE = replace(
    broken(),
    results=(
        replace(ROOT, message="m" * 3000, evidence={f"n{n}": "v" * 900 for n in range(20)}),
        *(replace(one, evidence={"e": "x" * 2000}) for one in broken().results),
    ),
)
SICK = {
    "one cause": broken(),
    "sixty causes": with_status("fail", 60),
    "sixty crashes": with_status("error", 60),
    "sixty warnings beside": replace(
        with_status("warn", 60), results=(ROOT, *with_status("warn", 60).results)
    ),
    "much evidence": VERBOSE,
    "the worst": worst(),
}


@pytest.mark.parametrize("name", SICK)
def test_verdict_cause_and_remedy_survive_in_the_shortest_field(name: str) -> None:
    sick = SICK[name]
    told = invocation(text_of(sick).encode(), status=1)
    lines = told.combined.splitlines()
    root = sick.root_causes[0]
    assert told.status == "Failed"
    assert lines[0] == verdict_line(sick)
    assert f" FAIL {root.id[:36]}" in lines[0]
    assert any(line.startswith(f"ROOT CAUSE {root.id[:36]}") for line in lines)
    assert any(line.startswith("  fix") for line in lines)


@pytest.mark.parametrize("name", SICK)
def test_nothing_is_cut_off_standard_output(name: str) -> None:
    text = text_of(SICK[name])
    assert invocation(text.encode()).output == text
    document = json_of(SICK[name])
    assert json.loads(invocation(document.encode()).output)["schema"] == "ladybug.diagnose/1"


def test_a_little_on_standard_error_costs_nothing_that_matters() -> None:
    told = invocation(text_of(broken()).encode(), b"{'event': 'bundle_failed'}\n" * 10, status=1)
    assert told.combined.startswith(verdict_line(broken()))
    assert "fix (safe): aws ec2 describe-volume-status" in told.combined


def test_a_good_replica_is_told_of_whole() -> None:
    text = text_of(healthy())
    told = invocation(text.encode())
    assert (told.status, told.output) == ("Success", text)
    assert told.combined.startswith("LBDIAG/1 PASS ")


def test_a_page_is_too_long_for_systems_manager() -> None:
    """So the documents say to have it put into a bundle."""
    told = invocation(page(broken(), boot()).encode())
    assert told.output.endswith("--output truncated--")


@pytest.mark.parametrize(
    ("status", "told"), [(0, "Success"), (1, "Failed"), (2, "Failed"), (75, "Failed")]
)
def test_our_exit_statuses_mean_nothing_else_there(status: int, told: str) -> None:
    assert invocation(b"", status=status).status == told


def diagnoses_of(count: int) -> list[Diagnosis]:
    return [with_status("fail", number) for number in range(1, count)]


def test_any_number_of_causes_leaves_room_for_the_first() -> None:
    for sick in diagnoses_of(80):
        combined = invocation(text_of(sick).encode()).combined
        assert len(combined) <= COMBINED_BYTES
        assert "ROOT CAUSE group0.what" in combined
        assert "fix (safe): aws ec2 describe-volume-status" in combined
