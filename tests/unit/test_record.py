"""The boot record: what happened, readable at any moment."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from fakes.clock import FakeClock
from ladybug_agent import __version__
from ladybug_agent.errors import Cancelled, DeadlineExceeded, NotYet, Refused
from ladybug_agent.record import BootRecord, StepRecord, read_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bootstrap.json"


def on_disk(path: Path) -> dict[str, Any]:
    document = read_record(path)
    assert document is not None
    return document


def test_a_record_says_at_once_that_the_boot_is_running(path: Path, clock: FakeClock) -> None:
    BootRecord(path, clock, boot_id="boot-1")
    document = on_disk(path)
    assert (document["schema"], document["outcome"], document["boot_id"]) == (
        "ladybug.bootstrap/1",
        "running",
        "boot-1",
    )


def test_a_record_names_the_agent_and_the_time(path: Path, clock: FakeClock) -> None:
    BootRecord(path, clock)
    document = on_disk(path)
    assert (document["agent_version"], document["started_at"]) == (
        __version__,
        "2026-02-06T12:00:00.000+00:00",
    )


def test_a_step_in_progress_is_on_the_disk(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    clock.advance(2.5)
    with record.step("mount"):
        steps = on_disk(path)["steps"]
    assert steps == [
        {
            "name": "mount",
            "started_s": 2.5,
            "status": "running",
            "duration_s": None,
            "facts": {},
            "error": [],
        }
    ]


def test_a_step_that_ended_well_has_duration_and_facts(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    with record.step("mount") as step:
        clock.advance(1.25)
        step.note(mount_point="/mnt/ladybug-data")
    (step_on_disk,) = on_disk(path)["steps"]
    assert (step_on_disk["status"], step_on_disk["duration_s"], step_on_disk["facts"]) == (
        "done",
        1.25,
        {"mount_point": "/mnt/ladybug-data"},
    )


def test_a_step_that_failed_keeps_code_facts_and_chain(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    with pytest.raises(Refused), record.step("verify_snapshot"):
        raise Refused("snapshot_database_empty", "sec.lbug has no bytes", database="sec")
    (step,) = on_disk(path)["steps"]
    assert (step["status"], step["facts"], step["error"]) == (
        "failed",
        {"code": "snapshot_database_empty", "database": "sec"},
        ["snapshot_database_empty: sec.lbug has no bytes"],
    )


def test_a_step_with_a_bug_is_failed_too(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    with pytest.raises(ZeroDivisionError), record.step("register"):
        raise ZeroDivisionError("oops")
    (step,) = on_disk(path)["steps"]
    assert (step["status"], step["error"]) == ("failed", ["ZeroDivisionError: oops"])


def test_a_step_that_was_stopped_is_cancelled(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    with pytest.raises(Cancelled), record.step("pull_image"):
        raise Cancelled("cancelled", "stopped waiting for the pull")
    assert on_disk(path)["steps"][0]["status"] == "cancelled"


def test_observers_see_the_start_and_the_end_of_each_step(path: Path, clock: FakeClock) -> None:
    seen: list[tuple[str, str]] = []
    record = BootRecord(path, clock, lambda step: seen.append((step.name, step.status)))
    with record.step("identity"):
        clock.advance(1)
    with pytest.raises(Refused), record.step("mount"):
        raise Refused("mount_writable", "found it writable")
    assert seen == [
        ("identity", "running"),
        ("identity", "done"),
        ("mount", "running"),
        ("mount", "failed"),
    ]


def test_observers_are_called_after_the_record_is_written(path: Path, clock: FakeClock) -> None:
    written: list[str] = []

    def observe(step: StepRecord) -> None:
        del step
        written.append(on_disk(path)["steps"][0]["status"])

    with BootRecord(path, clock, observe).step("identity"):
        clock.advance(1)
    assert written == ["running", "done"]


def test_a_good_ending_says_registered_and_how_long_it_took(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    clock.advance(61.5)
    whole = record.finish(None)
    assert (whole["outcome"], whole["total_s"], whole["finished_at"]) == (
        "registered",
        61.5,
        "2026-02-06T12:01:01.500+00:00",
    )


def test_what_is_returned_at_the_end_is_what_is_on_the_disk(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    with record.step("identity") as step:
        step.note(instance_id="i-0123456789abcdef0")
    assert record.finish(None) == on_disk(path)


def test_a_bad_ending_names_the_reason_and_the_chain(path: Path, clock: FakeClock) -> None:
    error = DeadlineExceeded("deadline_exceeded", "ran out of time waiting for the disk")
    error.__cause__ = NotYet("device_not_visible", "no disk has the serial", hint="see dmesg")
    whole = BootRecord(path, clock).finish(error)
    assert {name: whole[name] for name in ("outcome", "code", "message", "hint", "error")} == {
        "outcome": "failed",
        "code": "device_not_visible",
        "message": "no disk has the serial",
        "hint": "see dmesg",
        "error": [
            "deadline_exceeded: ran out of time waiting for the disk",
            "device_not_visible: no disk has the serial",
        ],
    }


def test_a_boot_that_was_stopped_is_cancelled_not_failed(path: Path, clock: FakeClock) -> None:
    whole = BootRecord(path, clock).finish(Cancelled("cancelled", "stopped waiting for the disk"))
    assert (whole["outcome"], whole["code"]) == ("cancelled", "cancelled")


def test_a_boot_that_ended_by_a_bug_says_internal_error(path: Path, clock: FakeClock) -> None:
    whole = BootRecord(path, clock).finish(KeyError("outcome"))
    assert (whole["outcome"], whole["code"], whole["hint"]) == ("failed", "internal_error", "")


def test_facts_of_the_whole_boot_are_kept(path: Path, clock: FakeClock) -> None:
    BootRecord(path, clock).note(instance_id="i-0123456789abcdef0")
    assert on_disk(path)["instance_id"] == "i-0123456789abcdef0"


def test_the_record_can_be_read_whole_at_any_time(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)
    ended = threading.Event()
    torn: list[str] = []

    def read() -> None:
        while not ended.is_set():
            try:
                on_disk(path)
            except ValueError as error:
                torn.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        with record.step(f"step-{number}") as step:
            step.note(text="x" * 1000)
    ended.set()
    reader.join()
    assert torn == []


def test_two_branches_may_note_and_save_at_the_same_time(path: Path, clock: FakeClock) -> None:
    record = BootRecord(path, clock)

    def note_facts() -> None:
        with record.step("pull_image") as step:
            for number in range(1_000):
                step.note(**{f"layer_{number}": number})

    other = threading.Thread(target=note_facts)
    other.start()
    for number in range(30):
        record.note(number=number)
    other.join()
    assert on_disk(path)["number"] == 29


def test_a_record_of_no_boot_is_none(path: Path) -> None:
    assert read_record(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"text"'])
def test_a_torn_record_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ValueError, match=r".+"):
        read_record(path)


def test_the_record_is_json_with_a_line_end(path: Path, clock: FakeClock) -> None:
    whole = BootRecord(path, clock).finish(None)
    text = path.read_text(encoding="utf-8")
    assert (json.loads(text), text[-1]) == (whole, "\n")


def test_a_record_that_cannot_be_written_does_not_fail_the_boot(
    path: Path, clock: FakeClock
) -> None:
    record = BootRecord(path, clock)
    path.unlink()
    path.mkdir()
    with record.step("mount"):
        pass
    assert record.finish(None)["outcome"] == "registered"
