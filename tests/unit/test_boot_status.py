"""What systemd shows of a boot, and how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.clock import FakeClock
from ladybug_agent.boot_status import BootStatus
from ladybug_agent.errors import AgentError, Cancelled, DeadlineExceeded, NotYet, Refused
from ladybug_agent.record import BootRecord


class Told:
    """The service manager: keeps what it was told last of each thing."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, *assignments: str) -> None:
        self.lines += assignments

    @property
    def status(self) -> str:
        found = [line for line in self.lines if line.startswith("STATUS=")]
        return found[-1].removeprefix("STATUS=")


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def status(told: Told) -> BootStatus:
    return BootStatus(told)


def test_the_line_names_what_runs_in_both_branches(
    told: Told, status: BootStatus, tmp_path: Path, clock: FakeClock
) -> None:
    record = BootRecord(tmp_path / "record.json", clock, status)
    with record.step("pull_image"):
        with record.step("mount"):
            assert told.status == "pull_image, mount"
        assert told.status == "pull_image"


def test_systemd_waits_as_long_as_the_configuration_lets_the_boot_take(
    told: Told, status: BootStatus
) -> None:
    status.began(7200.0)
    assert "EXTEND_TIMEOUT_USEC=7260000000" in told.lines


def test_it_is_ready_once_registered_and_not_before(told: Told, status: BootStatus) -> None:
    status.began(900.0)
    assert "READY=1" not in told.lines
    status.registered()
    assert ("READY=1" in told.lines, told.status) == (True, "registered")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            Refused("mount_writable", "found it\nwritable"),
            "failed: mount_writable: found it writable",
        ),
        (Cancelled("cancelled", "told to stop"), "cancelled: cancelled: told to stop"),
    ],
)
def test_a_failure_is_one_line_that_starts_with_how_it_ended(
    told: Told, status: BootStatus, error: AgentError, line: str
) -> None:
    status.failed(error)
    assert told.status == line
    assert "READY=1" not in told.lines


def test_a_failure_names_what_was_waited_for_in_vain(told: Told, status: BootStatus) -> None:
    error = DeadlineExceeded("deadline_exceeded", "waited 300 s")
    error.__cause__ = NotYet("volume_not_attached", "it is attaching")
    status.failed(error)
    assert told.status.startswith("failed: volume_not_attached: ")
