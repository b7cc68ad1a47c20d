"""The lifecycle policy of snapshots, by the limits of Data Lifecycle Manager, and its scripts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.cloudformation import Stack, read_template
from support.embedded import ROOT

STACK = Stack(template=read_template("snapshots"), parameters={"Environment": "prod"})
DETAILS: dict[str, Any] = STACK.properties("SnapshotPolicy")["PolicyDetails"]
(SCHEDULE,) = DETAILS["Schedules"]
(SCRIPT,) = SCHEDULE["CreateRule"]["Scripts"]
DOCUMENT: dict[str, Any] = STACK.properties("Scripts")["Content"]
FREEZE = (ROOT / "packaging" / "ssm" / "freeze.sh").read_text(encoding="utf-8")
TOOLS = ("fsfreeze", "mountpoint", "systemctl", "systemd-run")


def test_scripts_work_on_instances_only() -> None:
    assert DETAILS["ResourceTypes"] == ["INSTANCE"]
    assert DETAILS["Parameters"] == {"ExcludeBootVolume": True}


def test_one_tag_chooses_the_masters_because_several_would_mean_any_of_them() -> None:
    assert DETAILS["TargetTags"] == [{"Key": "LadybugSnapshots", "Value": "prod"}]


def test_a_failed_script_means_no_snapshot() -> None:
    assert SCRIPT["ExecuteOperationOnScriptFailure"] is False
    assert SCRIPT["Stages"] == ["PRE", "POST"]


def test_the_values_are_within_the_limits_of_the_api() -> None:
    properties = STACK.properties("SnapshotPolicy")
    assert properties["State"] == "ENABLED"
    assert re.fullmatch(r"[0-9A-Za-z _-]{1,500}", properties["Description"])
    assert re.fullmatch(r"[0-9A-Za-z _-]{1,120}", SCHEDULE["Name"])
    assert 10 <= SCRIPT["ExecutionTimeout"] <= 120
    assert 0 <= SCRIPT["MaximumRetryCount"] <= 3
    assert 1 <= SCHEDULE["RetainRule"]["Count"] <= 1000
    assert len(SCHEDULE["TagsToAdd"]) <= 45
    assert re.fullmatch(r"cron\(0 \d+ \* \* \? \*\)", SCHEDULE["CreateRule"]["CronExpression"])
    assert len(SCRIPT["ExecutionHandler"]) <= 200


def test_a_snapshot_says_what_ladybug_fleet_snapshot_asks_for() -> None:
    tags = {one["Key"]: one["Value"] for one in SCHEDULE["TagsToAdd"]}
    assert (tags["Environment"], tags["Repository"]) == ("prod", "shared")
    wanted = STACK.value(read_template("snapshots")["Outputs"]["Tags"]["Value"])
    assert wanted == "--tag Environment=prod --tag Repository=shared"


def test_the_document_is_what_lifecycle_manager_calls() -> None:
    parameters = DOCUMENT["parameters"]
    assert parameters["command"]["allowedValues"] == ["pre-script", "post-script", "dry-run"]
    assert parameters["executionId"]["default"] == "None"
    pattern = parameters["executionId"]["allowedPattern"]
    assert re.fullmatch(pattern, "0f1e2d3c-0f1e-2d3c-4b5a-0f1e2d3c4b5a")
    assert not re.search(pattern, "None; id")
    assert {"Key": "DLMScriptsAccess", "Value": "true"} in STACK.properties("Scripts")["Tags"]


def test_the_role_may_send_this_document_to_these_masters_and_no_other() -> None:
    (policy,) = STACK.properties("Role")["Policies"]
    sends = [s for s in policy["PolicyDocument"]["Statement"] if "ssm:SendCommand" in s["Action"]]
    assert [one["Resource"].rpartition(":")[2] for one in sends] == [
        "document/ladybug-snapshot-prod",
        "instance/*",
    ]
    assert sends[1]["Condition"] == {"StringEquals": {"ssm:resourceTag/LadybugSnapshots": "prod"}}


def test_the_script_has_no_fault_that_shellcheck_finds() -> None:
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [checker, "--shell=bash", "-"],
        input=FREEZE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """A machine whose tools write down how they were called."""

    directory: Path

    def run(self, command: str, **exits: int) -> subprocess.CompletedProcess[str]:
        """Run the document's script; a tool exits with what `exits` has for it, else 0."""
        self._install({"systemctl": 3} | exits)
        (step,) = DOCUMENT["mainSteps"]
        (script,) = step["inputs"]["runCommand"]
        for name, value in {
            "mountPoint": "/data",
            "command": command,
            "executionId": "None",
        }.items():
            script = script.replace("{{ " + name + " }}", value)
        script = script.replace("/run/ladybug-snapshot", str(self.directory / "state"))
        return subprocess.run(
            ["bash", "-c", script],
            env={"PATH": f"{self.directory}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def timer_fires(self) -> None:
        (self.directory / "state.thawed").touch()

    @property
    def calls(self) -> list[str]:
        log = self.directory / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def _install(self, exits: dict[str, int]) -> None:
        for tool in TOOLS:
            path = self.directory / tool
            status = exits.get(tool.replace("-", "_"), 0)
            path.write_text(
                f'#!/bin/sh\necho "{tool} $*" >>{self.directory}/calls\nexit {status}\n'
            )
            path.chmod(0o755)


@pytest.fixture
def master(tmp_path: Path) -> Master:
    return Master(directory=tmp_path)


def test_the_thaw_is_armed_before_the_freeze(master: Master) -> None:
    assert master.run("pre-script").returncode == 0
    tools = [call.split()[0] for call in master.calls]
    assert tools == ["mountpoint", "systemctl", "systemd-run", "fsfreeze"]
    assert "--on-active=60s" in master.calls[2]
    assert "fsfreeze --unfreeze /data" in master.calls[2]
    assert master.calls[3] == "fsfreeze --freeze /data"


def test_a_freeze_that_cannot_be_thawed_by_itself_is_none(master: Master) -> None:
    done = master.run("pre-script", systemd_run=1)
    assert (done.returncode, "not frozen" in done.stderr) == (201, True)
    assert not [call for call in master.calls if call.startswith("fsfreeze")]


def test_a_freeze_that_fails_leaves_its_timer_to_thaw_what_there_is(master: Master) -> None:
    assert master.run("pre-script", fsfreeze=1).returncode == 201
    assert not [call for call in master.calls if call.startswith("systemctl stop")]


def test_a_second_try_never_takes_the_first_ones_timer_away(master: Master) -> None:
    done = master.run("pre-script", systemctl=0)
    assert (done.returncode, "its timer thaws it" in done.stderr) == (201, True)
    assert [call.split()[0] for call in master.calls] == ["mountpoint", "systemctl"]


def test_nothing_that_is_not_mounted_is_frozen(master: Master) -> None:
    assert master.run("pre-script", mountpoint=1).returncode == 201
    assert len(master.calls) == 1


def test_after_the_snapshot_has_begun_the_volume_is_thawed_and_then_the_timer_ended(
    master: Master,
) -> None:
    assert master.run("post-script", systemctl=0).returncode == 0
    assert master.calls == [
        "fsfreeze --unfreeze /data",
        "systemctl stop ladybug-snapshot-thaw.timer",
    ]


def test_a_thaw_by_the_timer_spoils_the_snapshot(master: Master) -> None:
    """It may have come before the snapshot began: the tag says FAILED, and nobody takes it."""
    master.timer_fires()
    assert master.run("post-script").returncode == 202
    assert master.run("pre-script").returncode == 0
    assert master.run("post-script", systemctl=0).returncode == 0


def test_a_thaw_that_fails_leaves_the_timer_to_try(master: Master) -> None:
    assert master.run("post-script", fsfreeze=1).returncode == 202
    assert not [call for call in master.calls if call.startswith("systemctl")]


def test_a_dry_run_touches_nothing(master: Master) -> None:
    done = master.run("dry-run")
    assert (done.returncode, done.stdout) == (0, "would freeze /data (execution None)\n")
    assert master.calls == []
