"""Results on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.clock import FakeClock
from ladybug_agent.errors import Refused
from ladybug_agent.record import BootRecord
from ladybug_agent.render import print_json, print_record, print_status, record_lines
from ladybug_agent.status import Status
from ladybug_agent.survey import Finding


@pytest.fixture
def failed(tmp_path: Path, clock: FakeClock) -> dict[str, Any]:
    """The record of a boot that failed at its second step."""
    record = BootRecord(tmp_path / "bootstrap.json", clock)
    with record.step("identity") as step:
        clock.advance(0.25)
        step.note(instance_id="i-0123456789abcdef0", zones=["a", "b"])
    error = Refused("mount_writable", "found it writable", hint="unmount it")
    with pytest.raises(Refused):
        fail(record, clock, error)
    return record.finish(error)


def fail(record: BootRecord, clock: FakeClock, error: Refused) -> None:
    with record.step("mount"):
        clock.advance(12.5)
        raise error


def test_a_failed_boot_reads_from_outcome_to_remedy(failed: dict[str, Any]) -> None:
    assert record_lines(failed) == [
        "failed after 12.75 s",
        "  done         0.250 s  identity         instance_id=i-0123456789abcdef0 zones=a,b",
        "  failed      12.500 s  mount            code=mount_writable",
        "  mount_writable: found it writable",
        "  to do: unmount it",
    ]


def test_a_step_in_progress_has_no_duration(tmp_path: Path, clock: FakeClock) -> None:
    record = BootRecord(tmp_path / "bootstrap.json", clock)
    with record.step("mount"):
        running = json.loads((tmp_path / "bootstrap.json").read_text())
    assert record_lines(running) == ["running", "  running               mount"]


def test_an_error_without_a_hint_has_nothing_to_do(tmp_path: Path, clock: FakeClock) -> None:
    whole = BootRecord(tmp_path / "bootstrap.json", clock).finish(KeyError("outcome"))
    assert record_lines(whole) == ["failed after 0.00 s", "  internal_error: 'outcome'"]


def test_a_long_fact_is_cut(tmp_path: Path, clock: FakeClock) -> None:
    record = BootRecord(tmp_path / "bootstrap.json", clock)
    with record.step("pull_image") as step:
        step.note(image="x" * 49)
    assert record_lines(record.finish(None))[1].endswith(f"image={'x' * 45}...")


def test_no_boot_is_said_in_words() -> None:
    assert record_lines({}) == ["no boot has run since the machine started"]


def test_a_record_is_printed_as_text(
    failed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_record(failed, "text")
    assert capsys.readouterr().out.splitlines() == record_lines(failed)


def test_a_record_is_printed_as_the_json_that_is_on_the_disk(
    failed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_record(failed, "json")
    assert json.loads(capsys.readouterr().out) == failed


def test_what_json_does_not_know_is_printed_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": Path("/mnt")})
    assert json.loads(capsys.readouterr().out) == {"path": "/mnt"}


def test_a_status_begins_with_the_verdict(
    failed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    findings = (
        Finding(subject="mount", verdict="good", text="mounted read-only"),
        Finding(subject="container", verdict="unknown", text="no engine"),
        Finding(subject="service", verdict="bad", text="503"),
    )
    print_status(Status(outcome="failed", record=failed, findings=findings), "text")
    assert capsys.readouterr().out.splitlines() == [
        "not good: the boot is failed",
        *record_lines(failed)[1:],
        "  ok  mount: mounted read-only",
        "  ?   container: no engine",
        "  BAD service: 503",
    ]


def test_a_good_status_says_good(capsys: pytest.CaptureFixture[str]) -> None:
    print_status(Status(outcome="registered", record={}, findings=()), "text")
    assert capsys.readouterr().out == "good: the boot is registered\n"


def test_a_status_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status = Status(outcome="absent", record={}, findings=())
    print_status(status, "json")
    assert json.loads(capsys.readouterr().out) == status.document()
