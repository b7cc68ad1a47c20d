"""One health check beside the same by script, in one run: processor time and memory.

The script is what such checks are usually made of: `curl` for metadata and health, `docker ps`,
`aws dynamodb update-item`. AWS is behind TLS for both.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.boot import Used, run_measured
from bench.critical_path import CONTAINER, PORT
from bench.figures import Results, figure
from bench.tls import behind_tls
from ladybug_lab.agent_process import agent_command
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, cache_directory, open_depot
from ladybug_lab.instance import LabInstance, Order, launch

CPU_SHARE_LIMIT = 1 / 3
MEMORY_LIMIT_MB = 35
SCRIPT = Path(__file__).with_name("tick.sh")


@dataclass(frozen=True, kw_only=True)
class Pair:
    check: Used
    script: Used


def bench_tick(rounds: int) -> Results:
    """Measure so many checks, in turn with the script; which comes first alternates."""
    pairs = list(_pairs(rounds * 3))
    return {
        "tick_cpu_s": figure([pair.check.cpu_s for pair in pairs], None),
        "script_cpu_s": figure([pair.script.cpu_s for pair in pairs], None),
        "tick_cpu_share": figure(
            [pair.check.cpu_s / pair.script.cpu_s for pair in pairs], CPU_SHARE_LIMIT
        ),
        "tick_memory_mb": figure([pair.check.memory_mb for pair in pairs], MEMORY_LIMIT_MB),
        "script_memory_mb": figure([pair.script.memory_mb for pair in pairs], None),
        "tick_wall_s": figure([pair.check.wall_s for pair in pairs], None),
        "script_wall_s": figure([pair.script.wall_s for pair in pairs], None),
    }


def _pairs(count: int) -> Iterator[Pair]:
    with (
        open_depot(cache_directory(), name="bench", say=lambda _: None) as depot,
        LabAws() as aws,
        tempfile.TemporaryDirectory(prefix="bench-") as directory,
        behind_tls(aws.url, Path(directory)) as (url, certificate),
    ):
        order = Order(
            directory=Path(directory) / "instance",
            databases=(DATABASE,),
            container=CONTAINER,
            port=PORT,
        )
        with launch(order, depot, aws) as instance:
            environment = instance.environment()
            argv = agent_command("bootstrap", "--config", str(instance.config_file))
            subprocess.run(argv, env=environment, check=True, capture_output=True)
            secured = {
                **environment,
                "AWS_ENDPOINT_URL": url,
                "AWS_CA_BUNDLE": str(certificate),
                **_script_settings(instance),
            }
            for number in range(count + 1):
                pair = _pair(instance, secured, check_first=number % 2 == 1)
                if number > 0:  # the first warms caches and is not counted
                    yield pair


def _pair(instance: LabInstance, environment: dict[str, str], *, check_first: bool) -> Pair:
    argv = agent_command("health-check", "--config", str(instance.config_file))
    if check_first:
        check = run_measured(argv, environment)
        return Pair(check=check, script=run_measured(["bash", str(SCRIPT)], environment))
    script = run_measured(["bash", str(SCRIPT)], environment)
    return Pair(check=run_measured(argv, environment), script=script)


def _script_settings(instance: LabInstance) -> dict[str, str]:
    return {
        "AWS": str(_aws_cli()),
        "TABLE": instance.provisioned.table,
        "CONTAINER": CONTAINER,
        "PORT": str(PORT),
    }


def _aws_cli() -> Path:
    """Return the AWS command line, in an environment of its own beside the lab's other parts."""
    home = cache_directory() / "awscli"
    program = home / "bin" / "aws"
    if not program.exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "awscli"]
        subprocess.run(pip, check=True, capture_output=True)
    return program
