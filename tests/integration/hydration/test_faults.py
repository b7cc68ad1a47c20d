"""A volume that fails while it is loaded: a code, a place, a limit; never a hang, never a lie."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent.model.hydration import BLOCK_BYTES
from support.hydrating import HydrationScene, wait_for

MEASURED = Path(__file__).parents[2] / "bench/measured.py"
pytestmark = [pytest.mark.integration, pytest.mark.alone]


def failure_of(events: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any]:
    return next(event for event in events if event["event"] == "failed")


def a_block(scene: HydrationScene) -> int:
    """Return a block in the middle of the database."""
    blocks = sorted(scene.blocks())
    return blocks[len(blocks) // 2]


def test_a_read_that_fails_once_is_made_again(scene: HydrationScene) -> None:
    start = a_block(scene) * BLOCK_BYTES
    scene.volume.fail_reads(start, start + 4096, times=1)
    run = scene.hydrate("run", "--fast")
    assert run.status == 0
    assert [e["event"] for e in run.events].count("read_failed_once") == 1
    assert scene.blocks() <= set(scene.volume.touched())


def test_a_read_that_fails_twice_names_the_file_and_the_place(scene: HydrationScene) -> None:
    start = a_block(scene) * BLOCK_BYTES
    scene.volume.fail_reads(start, start + 4096)
    run = scene.hydrate("run", "--fast")
    failure = failure_of(run.events)
    assert (run.status, failure["code"]) == (1, "hydration_read_failed")
    assert f"{scene.database} at byte " in failure["message"]
    assert scene.report["state"] == "failed"
    assert "hydration_read_failed" in scene.report["reason"]


def test_reads_that_hang_are_given_up_with_a_code(scene: HydrationScene) -> None:
    start = a_block(scene) * BLOCK_BYTES
    scene.volume.hang_reads(start, start + BLOCK_BYTES)
    scene.settings |= {"stall_timeout_s": 1.0}
    began = time.monotonic()
    try:
        with scene.hydrating("run", "--fast") as process:
            wait_for(lambda: _state(scene) == "failed", "its failure")
            took_s = time.monotonic() - began
            scene.volume.release()  # what hangs in the kernel holds even a process that ends
            assert process.wait(20) == 1
    finally:
        scene.volume.release()
    assert scene.report["reason"].startswith("hydration_stalled")
    assert took_s < 15


def test_a_disk_that_is_detached_half_way_ends_it(scene: HydrationScene) -> None:
    scene.settings |= {"background_rate_mib_s": 40}
    with scene.hydrating("run") as process:
        wait_for(lambda: len(scene.whole_reads()) > 40, "a part of the reading")
        scene.volume.vanish()
        assert process.wait(20) == 1
    assert scene.report["state"] == "failed"
    assert "hydration_read_failed" in scene.report["reason"]


def test_two_runs_at_once_do_not_read_twice(scene: HydrationScene) -> None:
    scene.settings |= {"background_rate_mib_s": 40}
    with scene.hydrating("run"):
        wait_for(lambda: len(scene.whole_reads()) > 10, "the first run")
        second = scene.hydrate("run")
    assert second.status == 75
    assert failure_of(second.events)["code"] == "hydration_already_running"


def test_without_a_mounted_volume_it_says_so(scene: HydrationScene) -> None:
    scene.unmount()
    run = scene.hydrate("run")
    assert (run.status, failure_of(run.events)["code"]) == (1, "hydration_without_mount")


def test_killed_at_any_moment_the_next_run_ends_well(scene: HydrationScene) -> None:
    for after_s in (0.15, 0.3, 0.5, 0.7, 0.9):
        with scene.hydrating("run", "--fast") as process:
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
            process.wait()
    run = scene.hydrate("run", "--fast")
    assert (run.status, scene.report["state"]) == (0, "complete")
    assert scene.blocks() <= set(scene.volume.touched())


def test_a_ledger_that_cannot_be_kept_makes_it_forgetful_and_nothing_else(
    scene: HydrationScene,
) -> None:
    scene.settings |= {"ledger_dir": "/proc/no-such-place"}
    run = scene.hydrate("run", "--fast")
    assert run.status == 0
    assert "ledger_not_kept" in {event["event"] for event in run.events}


def test_it_takes_little_memory(scene: HydrationScene) -> None:
    # By another program: what wait4(2) tells includes the memory of the process that forked.
    peak = subprocess.run(
        [sys.executable, "-S", str(MEASURED), *scene.command("run", "--fast")],
        env=scene.environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert json.loads(peak.stdout)["memory_mb"] < 80


def _state(scene: HydrationScene) -> str:
    try:
        return str(scene.report["state"])
    except FileNotFoundError:
        return "none"
