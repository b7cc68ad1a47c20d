"""systemd's own words, as `systemctl show` prints them, and its absence."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.support.programs import FakePrograms
from ladybug_agent.adapters.units import SystemctlUnits
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure
from ladybug_agent.model.units import Moment
from ladybug_agent.ports.units import NoServiceManager

DATA = Path(__file__).parents[1] / "data" / "systemd"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    return FakePrograms(tmp_path / "bin", monkeypatch)


@pytest.fixture
def units(tmp_path: Path) -> SystemctlUnits:
    return SystemctlUnits(SystemClock(), booted=tmp_path)


def says(programs: FakePrograms, name: str) -> None:
    programs.add("systemctl", stdout=(DATA / name).read_text(encoding="utf-8"))


def test_the_manager_says_when_userspace_began(
    programs: FakePrograms, units: SystemctlUnits
) -> None:
    says(programs, "manager-252.txt")
    manager = units.manager()
    assert (manager.state, manager.virtualization, manager.initrd) == ("running", "docker", None)
    assert manager.is_in_container
    assert manager.userspace == Moment(
        14865.305049, datetime(2026, 11, 28, 18, 45, 1, 697087, tzinfo=UTC)
    )
    assert manager.finish is not None
    assert manager.finish.mono_s == 14867.19222


def test_units_come_by_the_names_asked_for(programs: FakePrograms, units: SystemctlUnits) -> None:
    says(programs, "units-252.txt")
    names = ["systemd-journald.service", "ladybug-health.timer", "ladybug-none.service"]
    found = units.units(names)
    journal, timer, none = (found[name] for name in names)
    assert (journal.active, journal.enabled, journal.is_there) == ("active", "static", True)
    assert journal.left_inactive is not None
    assert journal.left_inactive.mono_s == 14866.020298
    assert (timer.last_trigger, timer.next_elapse) == (
        None,
        datetime(2026, 11, 28, 18, 45, 33, tzinfo=UTC),
    )
    assert (none.load, none.is_there, none.left_inactive) == ("not-found", False, None)
    assert programs.arguments("systemctl")[-3:] == names


def test_a_unit_that_failed_says_how(programs: FakePrograms, units: SystemctlUnits) -> None:
    says(programs, "failed-252.txt")
    unit = units.units(["ladybug-health.service"])["ladybug-health.service"]
    assert (unit.active, unit.result, unit.exit_status) == ("failed", "exit-code", 9)


def test_a_timer_that_ticked_says_when(programs: FakePrograms, units: SystemctlUnits) -> None:
    programs.add("systemctl", stdout="LastTriggerUSec=Fri 2026-02-06 12:04:30.105221 UTC\n")
    timer = units.units(["ladybug-health.timer"])["ladybug-health.timer"]
    assert timer.last_trigger == datetime(2026, 2, 6, 12, 4, 30, 105221, tzinfo=UTC)


def test_a_manager_that_refuses_is_our_error(programs: FakePrograms, units: SystemctlUnits) -> None:
    programs.add("systemctl", stderr="Failed to connect to bus: Host is down", status=1)
    with pytest.raises(ExternalFailure, match="Host is down") as caught:
        units.manager()
    assert caught.value.code == "command_failed"


@pytest.mark.thorough
def test_a_manager_that_hangs_is_given_up(programs: FakePrograms, units: SystemctlUnits) -> None:
    programs.write("systemctl", "sleep 60\n")
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        units.units(["docker.service"])
    assert time.monotonic() - began < 5


def test_systemd_is_there_if_its_directory_is(tmp_path: Path) -> None:
    there = SystemctlUnits(SystemClock(), booted=tmp_path)
    gone = SystemctlUnits(SystemClock(), booted=tmp_path / "none")
    assert (there.is_there(), gone.is_there()) == (True, False)


def test_where_there_is_none_nobody_answers() -> None:
    none = NoServiceManager()
    assert not none.is_there()
    for ask in (none.manager, lambda: none.units(["docker.service"])):
        with pytest.raises(ExternalFailure) as caught:
            ask()
        assert caught.value.code == "service_manager_missing"
