"""How long the boot takes beyond what cannot be avoided, how much memory, how fast it starts.

The boot is the whole process, interpreter start included.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.critical_path import CONTAINER, PORT, CriticalPath, measure_critical_path
from bench.figures import Results, figure
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_lab.agent_process import agent_command
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, Depot, cache_directory, forget_local_image, open_depot
from ladybug_lab.instance import LabInstance, Order, launch, remove_container, unmount_all

OVERHEAD_LIMIT = 0.25
MEMORY_LIMIT_MB = 90
VERSION_CPU_LIMIT_S = 0.060
RERUN_LIMIT_S = 1.0
REST_S = 1.0
MEASURED = Path(__file__).with_name("measured.py")


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a process used, by wait4(2)."""

    wall_s: float
    cpu_s: float
    memory_mb: float


@dataclass(frozen=True, kw_only=True)
class Round:
    critical: CriticalPath
    boot: Used
    rerun: Used


def bench_boot(rounds: int) -> Results:
    """Measure so many boots, each beside a critical path of its own."""
    measured = list(_rounds(rounds))
    version = [run_measured(agent_command("--version"), dict(os.environ)) for _ in range(11)]
    return _results(measured, version)


def _rounds(count: int) -> Iterator[Round]:
    with open_depot(cache_directory(), name="bench", say=lambda _: None) as depot, LabAws() as aws:
        for number in range(count + 1):
            aws.reset()
            with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                order = Order(
                    directory=Path(directory) / "instance",
                    databases=(DATABASE,),
                    container=CONTAINER,
                    port=PORT,
                )
                with launch(order, depot, aws) as instance:
                    measured = _round(instance, depot, boot_first=number % 2 == 1)
            if number > 0:  # the first warms caches and is not counted
                yield measured


def _round(instance: LabInstance, depot: Depot, *, boot_first: bool) -> Round:
    """Measure both, each on a machine at rest; what comes first differs from round to round."""
    argv = agent_command("bootstrap", "--config", str(instance.config_file))

    def boot() -> tuple[Used, Used]:
        _rest(instance, depot)
        return run_measured(argv, instance.environment()), run_measured(
            argv, instance.environment()
        )

    def critical() -> CriticalPath:
        _rest(instance, depot)
        return measure_critical_path(instance, depot)

    if boot_first:
        first, again = boot()
        return Round(critical=critical(), boot=first, rerun=again)
    path = critical()
    first, again = boot()
    return Round(critical=path, boot=first, rerun=again)


def _rest(instance: LabInstance, depot: Depot) -> None:
    """Take away what the other measurement left, and let the engine and the disk finish."""
    remove_container(CONTAINER)
    unmount_all(instance.mount_point)
    forget_local_image(depot)
    os.sync()
    Deadline.after(REST_S, SystemClock()).pause(REST_S)


def run_measured(argv: list[str], environment: dict[str, str]) -> Used:
    """Run a program to its end; what its children used is counted with it."""
    done = subprocess.run(
        [sys.executable, "-S", str(MEASURED), *argv],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return Used(**json.loads(done.stdout))


def _results(rounds: list[Round], version: list[Used]) -> Results:
    overheads = [r.boot.wall_s / r.critical.total_s - 1 for r in rounds]
    parts = {
        f"critical_{name}": figure([getattr(r.critical, name) for r in rounds], None)
        for name in ("data_s", "pull_s", "check_s", "start_s", "write_s", "total_s")
    }
    return parts | {
        "boot_s": figure([r.boot.wall_s for r in rounds], None),
        "boot_overhead": figure(overheads, OVERHEAD_LIMIT),
        "rerun_s": figure([r.rerun.wall_s for r in rounds], RERUN_LIMIT_S),
        "boot_cpu_s": figure([r.boot.cpu_s for r in rounds], None),
        "peak_memory_mb": figure([r.boot.memory_mb for r in rounds], MEMORY_LIMIT_MB),
        "version_cpu_s": figure([used.cpu_s for used in version], VERSION_CPU_LIMIT_S),
    }
