"""Which version boots: the count of boots, the way back, and what is no fault of the version."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ladybug_agent.given_up import GivenUp, read_given_up
from support.shell_machine import UNITS, ShellMachine, a_machine

pytestmark = pytest.mark.thorough

HOME = "/opt/ladybug-agent"
GIVEN_UP = "/var/lib/ladybug-agent/versions/given-up.json"
START = (
    "systemd-run --quiet --collect --on-active=2 --timer-property=AccuracySec=100ms"
    " systemctl start --no-block ladybug-bootstrap.service"
)
CRASHED = {"SERVICE_RESULT": "exit-code", "EXIT_CODE": "exited", "EXIT_STATUS": "1"}
KILLED = {"SERVICE_RESULT": "signal", "EXIT_CODE": "killed", "EXIT_STATUS": "SEGV"}
HUNG = {"SERVICE_RESULT": "timeout", "EXIT_CODE": "killed", "EXIT_STATUS": "KILL"}
ENDED = {"SERVICE_RESULT": "exit-code", "EXIT_CODE": "exited"}


@pytest.fixture
def machine(tmp_path: Path) -> ShellMachine:
    """A machine on which 1.0.0 has registered, and 2.0.0 has been installed."""
    machine = a_machine(tmp_path)
    machine.program("systemd-run", "")
    says(machine, "mount")
    for version in ("1.0.0", "2.0.0"):
        put(machine, version)
        use(machine, version)
        if version == "1.0.0":
            boots(machine, "registered")
    return machine


def put(machine: ShellMachine, version: str) -> None:
    """Put a version there as the installer leaves it."""
    machine.write(f"{HOME}/{version}/.complete", "-\n")
    for path in UNITS.iterdir():
        text = machine.moved(path.read_text(encoding="utf-8")) + f"# of {version}\n"
        copy = machine.write(f"{HOME}/{version}/bundle/systemd/{path.name}", text)
        copy.chmod(path.stat().st_mode)


def use(machine: ShellMachine, version: str) -> subprocess.CompletedProcess[str]:
    tool = machine.path(f"{HOME}/{version}/bundle/systemd/ladybug-versions")
    return machine.run(tool, "use", version)


def boots(machine: ShellMachine, word: str, **ending: str) -> None:
    done = machine.run(machine.path(f"{HOME}/ladybug-boots"), word, **ending)
    assert done.returncode == 0, done.stderr


def says(machine: ShellMachine, status_text: str) -> None:
    """Have the service's last status line be this."""
    machine.program("systemctl", f'[ "$1" != show ] || echo "{status_text}"')


def boot(machine: ShellMachine, **ending: str) -> None:
    boots(machine, "begins")
    boots(machine, "ended", **ending)


def given_up(machine: ShellMachine) -> GivenUp | None:
    return read_given_up(machine.path(GIVEN_UP))


@pytest.mark.parametrize("ending", [CRASHED, KILLED, HUNG])
def test_after_three_boots_that_crashed_the_version_before_is_used(
    machine: ShellMachine, ending: dict[str, str]
) -> None:
    for _ in range(2):
        boot(machine, **ending)
    assert machine.link("current") == "2.0.0"
    boot(machine, **ending)
    assert machine.link("current") == "1.0.0"
    told = given_up(machine)
    assert told is not None
    assert (told.given_up, told.used, told.failed_boots) == ("2.0.0", "1.0.0", 3)
    assert str(told) == (
        f"version 2.0.0 was given up after 3 failed boots ({told.at}); 1.0.0 is used again"
    )
    assert "2.0.0 is given up after 3 failed boots" in machine.read("/dev/console")


def test_a_boot_that_crashed_is_started_again_each_time(machine: ShellMachine) -> None:
    before = len(machine.calls(START))
    for _ in range(3):
        boot(machine, **CRASHED)
    assert len(machine.calls(START)) - before == 3


def test_the_units_go_back_with_the_version(machine: ShellMachine) -> None:
    unit = "/etc/systemd/system/ladybug-bootstrap.service"
    assert machine.read(unit).endswith("# of 2.0.0\n")
    for _ in range(3):
        boot(machine, **CRASHED)
    assert machine.read(unit).endswith("# of 1.0.0\n")
    assert machine.read(f"{HOME}/ladybug-boots").endswith("# of 1.0.0\n")


def test_boots_that_take_the_machine_with_them_count(machine: ShellMachine) -> None:
    for _ in range(3):
        boots(machine, "begins")
    assert machine.link("current") == "2.0.0"
    boots(machine, "begins")
    assert machine.link("current") == "1.0.0"


@pytest.mark.parametrize(
    ("status", "status_text"),
    [
        ("1", "failed: volume_snapshot_mismatch: made from snap-1, wanted snap-2"),
        ("1", "failed: aws_access_denied: not allowed"),
        ("1", "cancelled: cancelled: told to stop"),
        ("2", "mount"),
        ("3", "mount"),
        ("75", "mount"),
    ],
)
def test_a_verdict_of_the_agents_own_says_nothing_about_the_version(
    machine: ShellMachine, status: str, status_text: str
) -> None:
    says(machine, status_text)
    before = len(machine.calls(START))
    for _ in range(5):
        boot(machine, **ENDED, EXIT_STATUS=status)
    assert (machine.link("current"), given_up(machine)) == ("2.0.0", None)
    assert len(machine.calls(START)) == before


def test_being_stopped_says_nothing_about_the_version(machine: ShellMachine) -> None:
    for _ in range(5):
        boot(machine, SERVICE_RESULT="protocol", EXIT_CODE="killed", EXIT_STATUS="TERM")
    assert machine.link("current") == "2.0.0"


def test_verdicts_between_crashes_do_not_hide_them(machine: ShellMachine) -> None:
    for _ in range(2):
        boot(machine, **CRASHED)
        boot(machine, **ENDED, EXIT_STATUS="2")
    boot(machine, **CRASHED)
    assert machine.link("current") == "1.0.0"


def test_a_version_that_has_registered_is_the_one_to_go_back_to(machine: ShellMachine) -> None:
    boots(machine, "begins")
    boots(machine, "registered")
    for _ in range(5):
        boot(machine, **CRASHED)
    assert (machine.link("current"), machine.link("fallback")) == ("2.0.0", "2.0.0")
    assert given_up(machine) is None


def test_without_another_version_a_crash_is_tried_again_twice_and_no_more(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    machine.program("systemd-run", "")
    put(machine, "1.0.0")
    use(machine, "1.0.0")
    for _ in range(5):
        boot(machine, **CRASHED)
    assert machine.link("current") == "1.0.0"
    assert machine.calls().count(START) == 2


def test_the_first_of_two_that_never_registered_is_gone_back_to(tmp_path: Path) -> None:
    """A machine image has one version, and user data pins another."""
    machine = a_machine(tmp_path)
    machine.program("systemd-run", "")
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        put(machine, version)
        use(machine, version)
    assert (machine.link("current"), machine.link("fallback")) == ("3.0.0", "1.0.0")


def test_a_version_that_was_given_up_is_not_used_again_by_the_next_run_of_the_stub(
    machine: ShellMachine,
) -> None:
    for _ in range(3):
        boot(machine, **CRASHED)
    done = use(machine, "2.0.0")
    assert (done.returncode, machine.link("current")) == (0, "1.0.0")
    assert "2.0.0 was given up, 1.0.0 stays in use" in done.stdout


def test_it_is_once_its_note_is_gone(machine: ShellMachine) -> None:
    for _ in range(3):
        boot(machine, **CRASHED)
    machine.path(GIVEN_UP).unlink()
    use(machine, "2.0.0")
    assert machine.link("current") == "2.0.0"


def test_another_version_makes_a_fresh_start(machine: ShellMachine) -> None:
    for _ in range(3):
        boot(machine, **CRASHED)
    put(machine, "3.0.0")
    use(machine, "3.0.0")
    assert (machine.link("current"), machine.link("fallback")) == ("3.0.0", "1.0.0")
    assert given_up(machine) is None


def test_a_version_that_is_not_complete_is_refused(machine: ShellMachine) -> None:
    machine.path(f"{HOME}/1.0.0/.complete").unlink()
    done = use(machine, "1.0.0")
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "version_not_installed")
    assert machine.link("current") == "2.0.0"


def test_units_that_a_version_no_longer_has_are_taken_away(machine: ShellMachine) -> None:
    old = machine.write("/etc/systemd/system/ladybug-old.service", "")
    use(machine, "2.0.0")
    assert not old.exists()
    assert "systemctl disable --quiet ladybug-old.service" in machine.calls()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"given_up": "2.0.0"}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "given-up.json"
    path.write_text(text)
    assert read_given_up(path) is None


def test_the_note_is_json_of_its_own_names(machine: ShellMachine) -> None:
    for _ in range(3):
        boot(machine, **CRASHED)
    assert set(json.loads(machine.read(GIVEN_UP))) == {"given_up", "used", "failed_boots", "at"}
