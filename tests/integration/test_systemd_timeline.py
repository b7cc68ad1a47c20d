"""A real boot of a real replica, told by `timeline` and `diagnose` beside a real systemd."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ladybug_agent.adapters.unit_words import (
    MANAGER_PROPERTIES,
    UNIT_PROPERTIES,
    manager_facts,
    properties,
    unit_facts,
)
from ladybug_lab.instance import LabInstance
from support.booting import boot, record_of
from support.systemd_agent import beside_replica, without_replica
from support.systemd_machine import AGENT, SystemdMachine

pytestmark = pytest.mark.integration

TIMER, HEALTH = "ladybug-health.timer", "ladybug-health.service"
WATCH, FAILED = "ladybug-watch.service", "ladybug-agent-failed@.service"


@pytest.fixture
def booted(instance: LabInstance) -> LabInstance:
    """A replica whose first boot failed, because there was no such image; the second did not."""
    good = instance.image
    instance.write_configuration(container={"image": f"{good.rpartition(':')[0]}:not-there"})
    assert boot(instance).status == 1
    instance.write_configuration(container={"image": good})
    done = boot(instance)
    assert done.status == 0, done.events
    return instance


@pytest.fixture
def beside(booted: LabInstance) -> Iterator[SystemdMachine]:
    with beside_replica(booted) as found:
        yield found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdMachine]:
    """A machine on which no boot has run."""
    config = tmp_path_factory.mktemp("config") / "config.toml"
    config.write_text(
        'schema = 1\n[instance]\nenvironment = "test"\n[data]\ndatabases = ["sec"]\n'
        '[container]\nimage = "graph-api:1"\n[registry]\ntable = "instance-registry"\n'
    )
    with without_replica(config) as found:
        found.install(HEALTH, TIMER, WATCH, FAILED)
        yield found


def timeline(machine: SystemdMachine, *arguments: str) -> str:
    return machine.run(AGENT, "timeline", *arguments)


def document(machine: SystemdMachine, *arguments: str) -> Any:
    return json.loads(timeline(machine, "--format", "json", *arguments))


def test_text_json_and_picture_agree_with_the_record(
    beside: SystemdMachine, booted: LabInstance
) -> None:
    record, whole = record_of(booted), document(beside)
    steps = {
        s["name"]: s for s in whole["spans"] if s["source"] == "agent" and s["lane"] != "again"
    }
    steps.pop("load", None)
    assert list(steps) == [step["name"] for step in sorted(record["steps"], key=_start)]
    for step in record["steps"]:
        span = steps[step["name"]]
        assert span["started_s"] == pytest.approx(record["started_boottime_s"] + step["started_s"])
        assert span["ended_s"] - span["started_s"] == pytest.approx(step["duration_s"], abs=0.002)
    register = steps["register"]
    assert (whole["outcome"], whole["registered_s"]) == ("registered", register["ended_s"])
    text = timeline(beside)
    assert f"registered {whole['registered_s']:.1f} s after the kernel started" in text
    root = ET.fromstring(timeline(beside, "--format", "svg"))  # noqa: S314 - our own
    words = "".join(root.itertext())
    assert all(f"{name} (agent) from" in words for name in steps)


def _start(step: dict[str, Any]) -> float:
    started: float = step["started_s"]
    return started


def test_the_run_that_failed_is_kept_and_shown_to_a_plain_user_too(
    beside: SystemdMachine, booted: LabInstance
) -> None:
    runs = [span for span in document(beside)["spans"] if span["lane"] == "again"]
    assert [(run["name"], run["status"], run["code"]) for run in runs] == [
        ("bootstrap, run 1", "failed", "image_not_found")
    ]
    (kept,) = (booted.order.directory / "boots").iterdir()
    outcomes = [run["outcome"] for run in json.loads(kept.read_text())["runs"]]
    assert outcomes == ["failed", "registered"]
    assert [line.split()[3] for line in timeline(beside, "--list").splitlines()] == ["registered"]
    for path in (booted.order.directory, *booted.order.directory.parents):
        if path.is_relative_to(tempfile.gettempdir()) and path != Path(tempfile.gettempdir()):
            path.chmod(path.stat().st_mode | 0o055)
    plain = beside.run("setpriv", "--reuid=65534", "--clear-groups", AGENT, "timeline")
    assert plain.splitlines()[0] == timeline(beside).splitlines()[0]


def test_the_kernels_start_is_the_machines_own(machine: SystemdMachine) -> None:
    stat = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    btime = int(next(line.split()[1] for line in stat if line.startswith("btime ")))
    started = document(machine)["kernel_started_at"]
    told = float(machine.run("date", "--utc", "--date", started, "+%s.%N"))
    assert abs(told - btime) < 1.5


def test_cloud_init_is_placed_by_its_own_words(machine: SystemdMachine) -> None:
    """Its times are of just now, on the wall clock of then, which is the same."""
    uptime_s = float(machine.read("/proc/uptime").split()[0])
    now_s = time.time()
    stage = {"start": now_s - 3, "finished": now_s - 1, "errors": []}
    machine.write("/run/cloud-init/status.json", json.dumps({"v1": {"init": stage}}))
    spans = {span["name"]: span for span in document(machine)["spans"]}
    network = spans["init-network"]
    assert network["started_s"] == pytest.approx(uptime_s - 3, abs=1.0)
    assert network["ended_s"] - network["started_s"] == pytest.approx(2.0, abs=0.01)


def test_what_a_real_systemd_says_is_read_right(machine: SystemdMachine) -> None:
    machine.systemctl("start", TIMER)
    names = [TIMER, "ladybug-nobody.service"]
    asked = ["show", "--no-pager", "--timestamp=us+utc"]
    text = machine.systemctl(*asked, f"--property={','.join(UNIT_PROPERTIES)}", "--", *names)
    timer, nobody = (unit_facts(properties(block)) for block in text.split("\n\n"))
    assert (timer.name, timer.active, timer.load) == (TIMER, "active", "loaded")
    assert timer.became_active is not None
    mono_us = int(machine.show(TIMER, "ActiveEnterTimestampMonotonic"))
    assert timer.became_active.mono_s == mono_us / 1e6
    assert timer.became_active.wall is not None
    assert abs(timer.became_active.wall.timestamp() - time.time()) < 30
    assert not nobody.is_there
    manager = manager_facts(
        properties(machine.systemctl(*asked, f"--property={','.join(MANAGER_PROPERTIES)}"))
    )
    assert manager.is_in_container
    assert manager.version.startswith("25")
    assert manager.userspace is not None


def checks(machine: SystemdMachine, *only: str) -> dict[str, Any]:
    argv = [AGENT, "diagnose", "--format", "json"]
    argv += [part for one in only for part in ("--only", one)]
    found = json.loads(machine.run(*argv, check=False))
    return {one["id"]: one for one in found["checks"]}


def test_units_that_are_not_complete_or_have_failed_are_told(machine: SystemdMachine) -> None:
    told = checks(machine, "systemd.units")["systemd.units"]
    assert (told["status"], told["code"]) == ("fail", "unit_missing")
    fails = "[Unit]\nConditionPathExists=\n[Service]\nExecStart=\nExecStart=sh -c 'exit 9'\n"
    machine.drop_in(HEALTH, fails)
    machine.systemctl("start", HEALTH, check=False)
    told = checks(machine, "systemd.units")["systemd.units"]
    assert (told["status"], told["code"]) == ("fail", "unit_failed")
    assert "exit status 9" in told["msg"]


def test_a_timer_that_was_stopped_is_told_and_one_that_ticks_is_good(
    machine: SystemdMachine,
) -> None:
    machine.drop_in(TIMER, "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\n")
    machine.systemctl("stop", TIMER)
    told = checks(machine, "systemd.timers")["systemd.timers"]
    assert told["code"] == "timer_not_active"
    machine.systemctl("start", TIMER)
    time.sleep(5)
    told = checks(machine, "systemd.timers")["systemd.timers"]
    assert told["status"] == "pass", told
