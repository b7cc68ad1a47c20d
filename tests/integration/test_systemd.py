"""The units under a real systemd, with a script in the place of the agent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.systemd_machine import SystemdMachine, systemd_machine

pytestmark = pytest.mark.integration

HEALTH = "ladybug-health.service"
TIMER = "ladybug-health.timer"
WATCH = "ladybug-watch.service"
FAILED = "ladybug-agent-failed@.service"
REPAIR, REPAIR_PATH = "ladybug-repair.service", "ladybug-repair.path"
TOLD = "/dev/shm/told"  # all but /dev is read-only for units that mount nothing
# The same calendar, fifteen times as fast.
FAST = "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\n"


@pytest.fixture
def machine() -> Iterator[SystemdMachine]:
    with systemd_machine("--network", "none") as booted:
        booted.install(HEALTH, TIMER, FAILED)
        booted.drop_in(TIMER, FAST)
        booted.write("/run/ladybug-agent/served.json", "{}")
        yield booted


def start_timer(machine: SystemdMachine) -> None:
    machine.systemctl("start", TIMER)


def test_the_timer_ticks_again_and_again(machine: SystemdMachine) -> None:
    machine.stub(f'echo "$1" >>{TOLD}')
    start_timer(machine)
    began = time.monotonic()
    assert machine.await_text(TOLD, "health-check", times=4).split() == ["health-check"] * 4
    assert 4.0 < time.monotonic() - began < 15.0


def test_before_a_boot_has_registered_nothing_is_checked_and_nothing_has_failed(
    machine: SystemdMachine,
) -> None:
    machine.stub(f'echo "$1" >>{TOLD}')
    machine.run("rm", "/run/ladybug-agent/served.json")
    start_timer(machine)
    time.sleep(5)
    assert machine.read(TOLD) == ""
    assert machine.show(HEALTH, "ConditionResult") == "no"
    assert machine.systemctl("is-failed", HEALTH, check=False) == "inactive"


def test_a_check_that_hangs_is_ended_told_and_does_not_stop_the_timer(
    machine: SystemdMachine,
) -> None:
    machine.drop_in(HEALTH, "[Service]\nTimeoutStartSec=3\nTimeoutStopSec=1\n")
    machine.stub(f'echo "$*" >>{TOLD}\n[ "$1" != health-check ] || sleep 1000')
    start_timer(machine)
    told = machine.await_text(TOLD, "health-check --confined\n", times=3, within_s=60)
    assert f"alert --unit {HEALTH}" in told
    assert "start operation timed out" in machine.journal(HEALTH)


@pytest.mark.parametrize("status", [1, 4, 75])
def test_a_measured_result_is_no_failure(machine: SystemdMachine, status: int) -> None:
    machine.stub(f'echo "$1" >>{TOLD}\nexit {status}')
    machine.systemctl("start", HEALTH)
    time.sleep(1)
    assert machine.systemctl("is-failed", HEALTH, check=False) == "inactive"
    assert machine.read(TOLD) == "health-check"


@pytest.mark.parametrize("status", [2, 3, 137])
def test_anything_else_is_told_and_once_only(machine: SystemdMachine, status: int) -> None:
    machine.stub(f'echo "$*" >>{TOLD}\n[ "$1" = alert ] || exit {status}')
    start_timer(machine)
    told = machine.await_text(TOLD, "health-check --confined\n", times=5)
    assert told.count(f"alert --unit {HEALTH}") == 1
    assert machine.show(HEALTH, "Result") == "exit-code"


def test_two_checks_never_run_at_once(machine: SystemdMachine) -> None:
    """The unit is one, so systemd starts no second; the agent's own lock is for runs by hand."""
    machine.stub(f"echo begun >>{TOLD}\nsleep 5\necho ended >>{TOLD}")
    start_timer(machine)
    told = machine.await_text(TOLD, "ended", times=2, within_s=40).split()
    assert told[:4] == ["begun", "ended", "begun", "ended"]


def test_the_failure_is_told_without_the_agent_too(machine: SystemdMachine) -> None:
    machine.stub("exit 2")
    machine.run("sh", "-c", "ln -sf /run/console-of-the-test /dev/console")
    machine.run("touch", "/run/console-of-the-test")
    machine.systemctl("start", HEALTH, check=False)
    machine.await_text("/run/console-of-the-test", f"ladybug-agent: unit {HEALTH} has failed")


def test_what_is_mounted_in_a_service_is_seen_outside(machine: SystemdMachine) -> None:
    machine.install(REPAIR)
    machine.stub("mkdir -p /run/data && mount -t tmpfs data /run/data")
    machine.systemctl("start", REPAIR)
    assert "data on /run/data type tmpfs" in machine.run("mount")


def test_a_repair_is_made_once_for_each_time_that_it_is_asked_for(
    machine: SystemdMachine,
) -> None:
    machine.install(REPAIR, REPAIR_PATH)
    machine.stub(f'echo "$*" >>{TOLD}; rm -f /run/ladybug-agent/repair-asked')
    machine.systemctl("start", REPAIR_PATH)
    for count in (1, 2):
        machine.write("/run/ladybug-agent/asked", str(count))
        machine.run("mv", "/run/ladybug-agent/asked", "/run/ladybug-agent/repair-asked")
        machine.await_text(TOLD, "repair", times=count)
    time.sleep(2)
    assert machine.read(TOLD).splitlines() == ["repair"] * 2


def test_a_health_check_can_ask_for_a_repair_and_write_nothing_else(
    machine: SystemdMachine,
) -> None:
    machine.install(REPAIR, REPAIR_PATH)
    machine.systemctl("start", REPAIR_PATH)
    machine.stub(
        f'echo "$1" >>{TOLD}\n[ "$1" != health-check ] || {{\n'
        "touch /run/ladybug-agent/repair-asked /var/log/ladybug-agent/metrics.json\n"
        f"touch /etc/x /run/x 2>/dev/null || echo refused >>{TOLD}\n"
        f"mount -t tmpfs x /mnt 2>/dev/null || echo refused >>{TOLD}; }}"
    )
    machine.systemctl("start", HEALTH)
    told = machine.await_text(TOLD, "repair").split()
    assert sorted(told) == ["health-check", "refused", "refused", "repair"]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[SystemdMachine]:
    """A machine with the watch, whose last words are kept outside."""
    with systemd_machine("--network", "none", volumes=[f"{tmp_path}:/last"]) as booted:
        booted.install(WATCH, FAILED)
        booted.write("/etc/ladybug-agent/config.toml", "")
        booted.stub(
            '[ "$1" = alert ] || echo "$*" >>/last/words\n'
            'case "$1" in\n'
            # All but /dev is read-only for it.
            'alert) echo "$*" >>/dev/shm/told ;;\n'
            "watch) systemd-notify --ready --status=watching; exec sleep 1000 ;;\n"
            "drain) systemctl is-system-running >>/last/words;"
            " sleep 2; echo drained >>/last/words ;;\n"
            "esac"
        )
        booted.drop_in(WATCH, "[Service]\nNotifyAccess=all\n")
        booted.systemctl("enable", "--now", WATCH)
        yield booted


def words(tmp_path: Path) -> list[str]:
    return (tmp_path / "words").read_text(encoding="utf-8").splitlines()


def test_the_watch_says_that_it_is_ready(watched: SystemdMachine) -> None:
    assert watched.show(WATCH, "ActiveState") == "active"
    assert watched.show(WATCH, "StatusText") == "watching"


def test_at_shutdown_the_drain_runs_to_its_end_before_the_watch_is_stopped(
    watched: SystemdMachine, tmp_path: Path
) -> None:
    watched.shut_down(within_s=30)
    said = words(tmp_path)
    assert said == [
        "watch",
        "drain --trigger shutdown --budget 90",
        "stopping",
        "drained",
    ]


def test_a_restart_of_the_service_tells_the_drain_that_the_machine_stays(
    watched: SystemdMachine, tmp_path: Path
) -> None:
    watched.systemctl("restart", WATCH)
    assert words(tmp_path)[:3] == ["watch", "drain --trigger shutdown --budget 90", "running"]


def test_a_drain_that_hangs_holds_the_shutdown_only_so_long(
    watched: SystemdMachine, tmp_path: Path
) -> None:
    watched.drop_in(WATCH, "[Service]\nNotifyAccess=all\nTimeoutStopSec=4\n")
    watched.stub('echo "$*" >>/last/words\ntrap "" TERM\nwhile :; do sleep 1; done')
    began = time.monotonic()
    watched.shut_down(within_s=60)
    assert time.monotonic() - began < 30
    assert words(tmp_path)[-1] == "drain --trigger shutdown --budget 90"


def test_a_watch_that_dies_is_started_again_and_told(
    watched: SystemdMachine, tmp_path: Path
) -> None:
    watched.drop_in(WATCH, "[Service]\nNotifyAccess=all\nRestartSec=1\n")
    watched.systemctl("kill", "--kill-whom=main", "--signal=KILL", WATCH)
    give_up = time.monotonic() + 20
    while words(tmp_path).count("watch") < 2:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert watched.show(WATCH, "NRestarts") == "1"
    watched.await_text("/dev/shm/told", f"alert --unit {WATCH}")


def test_a_watch_that_hangs_is_killed_by_its_watchdog(
    watched: SystemdMachine, tmp_path: Path
) -> None:
    watched.drop_in(WATCH, "[Service]\nNotifyAccess=all\nWatchdogSec=2\nRestartSec=1\n")
    watched.systemctl("restart", WATCH)
    give_up = time.monotonic() + 30
    while words(tmp_path).count("watch") < 3:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    watched.await_text("/dev/shm/told", f"alert --unit {WATCH}")


HYDRATE, HYDRATE_PATH = "ladybug-hydrate.service", "ladybug-hydrate.path"


def test_a_registered_replica_is_hydrated_once_and_not_again_and_again(
    machine: SystemdMachine,
) -> None:
    machine.install(HYDRATE, HYDRATE_PATH)
    machine.run("rm", "/run/ladybug-agent/served.json")
    # The unit sees a /run of its own but for its RuntimeDirectory=.
    told = "/run/ladybug-agent/told"
    machine.stub(f'echo "$*" >>{told}')
    machine.systemctl("start", HYDRATE_PATH)
    time.sleep(1)
    assert machine.read(told) == ""
    machine.write("/run/ladybug-agent/served.json", "{}")
    machine.await_text(told, "hydrate run")
    time.sleep(3)
    assert machine.read(told).splitlines() == ["hydrate run"]
    assert machine.systemctl("is-failed", HYDRATE, check=False) == "inactive"


def test_a_hydration_that_fails_is_told(machine: SystemdMachine) -> None:
    machine.install(HYDRATE, HYDRATE_PATH)
    machine.stub(f'echo "$*" >>{TOLD}\n[ "$1" = alert ]')
    machine.systemctl("start", HYDRATE)
    assert f"alert --unit {HYDRATE}" in machine.await_text(TOLD, "alert")
