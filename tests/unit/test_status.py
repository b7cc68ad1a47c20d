"""How the boot went and what is true now."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fakes.build import a_config, a_world
from fakes.clock import FakeClock
from ladybug_agent import __version__
from ladybug_agent.boot_process import run_boot
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import (
    Cancelled,
    DeadlineExceeded,
    ExternalFailure,
    NotYet,
    Refused,
    reason,
)
from ladybug_agent.given_up import GivenUp
from ladybug_agent.record import BootRecord
from ladybug_agent.state import StateDirectory
from ladybug_agent.status import Status, await_boot, boot_outcome, take_status
from ladybug_agent.survey import Finding, LocalWorld

GOOD = Finding(subject="mount", verdict="good", text="mounted")
BAD = Finding(subject="service", verdict="bad", text="503")
UNKNOWN = Finding(subject="container", verdict="unknown", text="no engine")


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


@pytest.fixture
def record(state: StateDirectory, clock: FakeClock) -> BootRecord:
    """The record of a boot that has just begun."""
    return BootRecord(state.record, clock)


class ClockThatEndsTheBoot(FakeClock):
    """A clock by which the boot ends after three seconds."""

    def __init__(self, record: BootRecord) -> None:
        super().__init__()
        self._record = record

    def wait(self, event: threading.Event, seconds: float) -> bool:
        super().wait(event, seconds)
        if self.passed_s >= 3.0:
            self._record.finish(None)
        return event.is_set()


def test_before_any_boot_there_is_none(state: StateDirectory) -> None:
    assert boot_outcome(state) == ("absent", {})


def test_a_boot_that_holds_its_lock_is_running(state: StateDirectory, record: BootRecord) -> None:
    with state.locked(), record.step("mount"):
        assert boot_outcome(state)[0] == "running"


def test_a_boot_without_its_lock_was_interrupted(state: StateDirectory, record: BootRecord) -> None:
    with record.step("mount"):
        assert boot_outcome(state)[0] == "interrupted"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "registered"),
        (Refused("mount_writable", "found it writable"), "failed"),
        (Cancelled("cancelled", "stopped"), "cancelled"),
    ],
)
def test_a_boot_that_ended_is_what_its_record_says(
    error: Refused | Cancelled | None, outcome: str, state: StateDirectory, record: BootRecord
) -> None:
    record.finish(error)
    assert boot_outcome(state)[0] == outcome


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_record_that_cannot_be_read_is_named(text: str, state: StateDirectory) -> None:
    state.record.parent.mkdir()
    state.record.write_text(text)
    with pytest.raises(ExternalFailure, match=r"bootstrap\.json") as caught:
        boot_outcome(state)
    assert caught.value.code == "record_unreadable"


def test_waiting_for_a_boot_that_has_ended_costs_no_time(
    state: StateDirectory, record: BootRecord, clock: FakeClock, deadline: Deadline
) -> None:
    record.finish(None)
    await_boot(state, deadline)
    assert clock.passed_s == 0.0


def test_a_boot_that_ends_later_is_waited_for(state: StateDirectory, record: BootRecord) -> None:
    clock = ClockThatEndsTheBoot(record)
    await_boot(state, Deadline.after(900.0, clock))
    assert 3.0 <= clock.passed_s <= 4.0


def test_a_boot_that_never_ends_is_given_up_and_says_where_it_is(
    state: StateDirectory, record: BootRecord, clock: FakeClock
) -> None:
    with (
        state.locked(),
        record.step("mount"),
        pytest.raises(DeadlineExceeded, match="the boot to end") as caught,
    ):
        await_boot(state, Deadline.after(30.0, clock))
    why = reason(caught.value)
    assert isinstance(why, NotYet)
    assert (why.code, str(why), clock.passed_s) == (
        "boot_not_ended",
        "the boot is running (at mount)",
        30.0,
    )


def test_a_boot_that_has_not_begun_is_waited_for_too(
    state: StateDirectory, clock: FakeClock
) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        await_boot(state, Deadline.after(30.0, clock))
    assert str(reason(caught.value)) == "the boot is absent"


def test_a_cancelled_wait_ends_at_once(
    state: StateDirectory, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        await_boot(state, deadline)
    assert clock.passed_s == 0.0


def test_a_registered_replica_that_is_up_is_good(tmp_path: Path, clock: FakeClock) -> None:
    config, world = a_config(tmp_path), a_world(clock)
    run_boot(config, world, clock, Deadline.after(900.0, clock))
    local = LocalWorld(mounts=world.mounts, engine=world.engine, http=world.http)
    status = take_status(StateDirectory(Path(config.instance.state_dir)), local, config)
    assert (status.is_good, status.outcome, len(status.findings)) == (True, "registered", 3)


def registered(**row: object) -> Status:
    return Status(outcome="registered", record={"row": row}, findings=(GOOD,))


@pytest.mark.parametrize(
    ("row", "remarks"),
    [
        ({"data_state": "snapshot", "volume_check": "verified", "degraded": False}, ()),
        (
            {"volume_check": "unverified", "degraded": False},
            ("volume unverified: EC2 could not be asked about it",),
        ),
        (
            {"degraded": True, "degraded_reasons": "stale_snapshot"},
            ("degraded: stale_snapshot",),
        ),
        (
            {
                "data_state": "empty by request",
                "degraded": True,
                "degraded_reasons": "empty_by_request",
            },
            ("empty by request", "degraded: empty_by_request"),
        ),
        ({}, ()),
    ],
    ids=["nothing special", "unverified", "stale", "empty", "a row of an older agent"],
)
def test_what_is_special_about_a_good_replica_is_remarked(
    row: dict[str, object], remarks: tuple[str, ...]
) -> None:
    status = registered(**row)
    assert (status.remarks, status.is_good) == (remarks, True)


def test_what_cannot_be_seen_does_not_make_it_bad() -> None:
    assert Status(outcome="registered", record={}, findings=(GOOD, UNKNOWN)).is_good


def test_one_bad_finding_makes_it_bad() -> None:
    assert not Status(outcome="registered", record={}, findings=(GOOD, BAD)).is_good


@pytest.mark.parametrize("outcome", ["absent", "running", "interrupted", "failed", "cancelled"])
def test_nothing_but_registered_is_good(outcome: str) -> None:
    status = Status(outcome=outcome, record={}, findings=(GOOD,))  # type: ignore[arg-type]
    assert not status.is_good


def test_the_json_form_is_public() -> None:
    assert Status(outcome="failed", record={"total_s": 1.0}, findings=(BAD,)).document() == {
        "schema": "ladybug.status/1",
        "agent_version": __version__,
        "given_up": None,
        "good": False,
        "outcome": "failed",
        "remarks": [],
        "boot": {"total_s": 1.0},
        "hydration": None,
        "health": {},
        "findings": [{"subject": "service", "verdict": "bad", "text": "503"}],
    }


def test_a_version_that_was_given_up_is_said_in_words_and_in_json() -> None:
    given_up = GivenUp(given_up="2.0.0", used="1.9.0", failed_boots=3, at="2026-02-06T12:00:00Z")
    status = Status(outcome="registered", record={}, findings=(GOOD,), given_up=given_up)
    assert status.is_good
    assert status.remarks == (str(given_up),)
    assert status.document()["given_up"] == {
        "given_up": "2.0.0", "used": "1.9.0", "failed_boots": 3, "at": "2026-02-06T12:00:00Z",
    }  # fmt: skip
