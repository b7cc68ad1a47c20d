"""How long the data branch takes on a ready, clean volume, beside the mount that it cannot avoid.

Each run is a process of its own, as a boot is; what it loads before the branch begins is what a
boot has loaded by then. Nothing else runs meanwhile: in a boot the image is pulled beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Results, figure
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, cache_directory, open_depot
from ladybug_lab.instance import LabInstance, Order, launch, unmount_all

FOUND_TO_VERIFIED_LIMIT_S = 0.3
BRANCH = Path(__file__).with_name("volume_branch.py")


def bench_volume(rounds: int) -> Results:
    """Measure the branch and the raw mount in turn; the first round is not counted."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as directory,
        open_depot(cache_directory(), name="bench", say=lambda _: None) as depot,
        LabAws() as aws,
        launch(Order(directory=Path(directory) / "it", databases=(DATABASE,)), depot, aws) as made,
    ):
        measured = [(_branch(made), _raw_mount(made)) for _ in range(rounds + 1)][1:]
    steps = [branch for branch, _ in measured]
    names = [name for name in steps[0] if name != "total_s"]
    return {
        "volume_find_to_verified_s": figure(
            [branch["total_s"] for branch in steps], FOUND_TO_VERIFIED_LIMIT_S
        ),
        **{f"volume_{name}_s": figure([b[name] for b in steps], None) for name in names},
        "volume_raw_mount_s": figure([raw for _, raw in measured], None),
    }


def _branch(instance: LabInstance) -> dict[str, float]:
    _unseal(instance)
    done = subprocess.run(
        [sys.executable, str(BRANCH), str(instance.config_file)],
        env=instance.environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    unmount_all(instance.mount_point)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def _raw_mount(instance: LabInstance) -> float:
    """Time mount(8) alone, sealed and read-only as the agent mounts."""
    node, target = str(instance.device.node), str(instance.mount_point)
    subprocess.run(["blockdev", "--setro", node], check=True)
    began = time.monotonic()
    subprocess.run(["mount", "-o", "ro,nouuid,noatime", node, target], check=True)
    took = time.monotonic() - began
    subprocess.run(["umount", target], check=True)
    return took


def _unseal(instance: LabInstance) -> None:
    """Make the device what it is after an attachment, with nothing of it in the page cache."""
    instance.mount_point.mkdir(exist_ok=True)
    subprocess.run(["blockdev", "--setrw", "--flushbufs", str(instance.device.node)], check=True)
    os.sync()
