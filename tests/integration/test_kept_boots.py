"""What is left of a boot that was cut off with its machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ladybug_lab.agent_process import run_agent
from ladybug_lab.instance import LabInstance
from support.booting import boot
from support.reboot import proc_after_reboot, scripted_boot

pytestmark = pytest.mark.integration


def timeline(instance: LabInstance, *arguments: str) -> Any:
    argv = ["timeline", "--config", str(instance.config_file), "--format", "json", *arguments]
    return json.loads(run_agent(argv, instance.environment(), timeout_s=30).stdout)


def test_a_boot_that_was_cut_off_with_the_machine_leaves_the_step_it_was_at(
    instance: LabInstance, tmp_path: Path
) -> None:
    before = proc_after_reboot(tmp_path / "proc")
    assert scripted_boot(instance, kill="start_container:running", proc=before).returncode == -9
    shutil.rmtree(instance.state_directory)  # as /run at a reboot
    done = boot(instance)
    assert done.status == 0, done.events
    this, cut_off = timeline(instance, "--list")["boots"]
    assert this["outcome"] == "registered"
    assert cut_off["told"].endswith(": interrupted at start_container")
    spans = {span["name"]: span for span in timeline(instance, "--boot", "-1")["spans"]}
    assert (spans["mount"]["status"], spans["start_container"]["ended_s"]) == ("done", None)
