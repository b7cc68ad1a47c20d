"""The verb `diagnose`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus

LIMIT_S = 20.0
QUICK_S = 0.5
"""With what loading the program takes, a second in all."""


def diagnose(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.diagnose.catalogue import CHECKS

    if arguments.list:
        for check in CHECKS:
            print(f"{check.id:<24} {check.asks}")
        return ExitStatus.GOOD
    diagnosis = _diagnosis(arguments)
    print(_formatted(diagnosis, arguments.format), end="")
    is_warned = arguments.strict and diagnosis.counted("warn") > 0
    return ExitStatus.GOOD if diagnosis.is_good and not is_warned else ExitStatus.NOT_GOOD


def _diagnosis(arguments: argparse.Namespace) -> Diagnosis:
    from ladybug_agent.diagnose.catalogue import CHECKS
    from ladybug_agent.diagnose.scene import Scene
    from ladybug_agent.diagnose.selection import Selection
    from ladybug_agent.diagnose.take import take_diagnosis
    from ladybug_agent.wiring_diagnosis import build_diagnosis_world

    clock = SystemClock()
    limit_s = arguments.timeout or (QUICK_S if arguments.quick else LIMIT_S)
    deadline = Deadline.after(limit_s, clock)
    config, config_error = usable_config(arguments.config)
    scene = Scene(
        config=config,
        config_error=config_error,
        config_file=str(arguments.config),
        world=build_diagnosis_world(config, clock),
        clock=clock,
        deadline=deadline,
        is_quick=arguments.quick,
    )
    wish = Selection(
        only=tuple(arguments.only), skip=tuple(arguments.skip), is_quick=arguments.quick
    )
    return take_diagnosis(scene, CHECKS, wish)


def usable_config(path: Path) -> tuple[Config, ConfigError | None]:
    """Return the configuration; where it cannot be used, the defaults and what is wrong with it."""
    from ladybug_agent.config.bare import bare_config
    from ladybug_agent.config.file import load_config

    try:
        return load_config(path), None
    except ConfigError as error:
        return bare_config(), error


def _formatted(diagnosis: Diagnosis, style: str) -> str:
    if style == "json":
        from ladybug_agent.diagnose.shrink import json_of

        return json_of(diagnosis)
    from ladybug_agent.diagnose.text import text_of

    return text_of(diagnosis)
