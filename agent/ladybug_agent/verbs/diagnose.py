"""The verb `diagnose`."""

from __future__ import annotations

import argparse
import sys

from ladybug_agent.clock import Clock, Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.errors import ConfigError
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.verbs.diagnosis_forms import Forms

LIMIT_S = 20.0
QUICK_S = 0.5
"""With what loading the program takes, a second in all."""


def diagnose(arguments: argparse.Namespace) -> ExitStatus:
    from ladybug_agent.diagnose.catalogue import CHECKS

    if arguments.list:
        for check in CHECKS:
            print(f"{check.id:<24} {check.asks}")
        return ExitStatus.GOOD
    from ladybug_agent.config.salvage import usable_config

    clock = SystemClock()
    config, config_error = usable_config(arguments.config)
    diagnosis = _diagnosis(arguments, config, config_error, clock)
    _print(arguments, Forms.of(diagnosis, config, clock))
    is_warned = arguments.strict and diagnosis.counted("warn") > 0
    return ExitStatus.GOOD if diagnosis.is_good and not is_warned else ExitStatus.NOT_GOOD


def _print(arguments: argparse.Namespace, forms: Forms) -> None:
    """Print the diagnosis, and make the bundle; whatever becomes of that, the diagnosis is out."""
    form, place = arguments.format, ""
    if form == "text":
        print(forms.written(form), end="")
        sys.stdout.flush()
    try:
        if arguments.bundle:
            place = forms.bundled(arguments.bundle, arguments.config)
    finally:
        if form != "text":
            print(forms.written(form, place), end="")
    if place and form == "text":
        print(f"bundle: {place}")


def _diagnosis(
    arguments: argparse.Namespace, config: Config, config_error: ConfigError | None, clock: Clock
) -> Diagnosis:
    from ladybug_agent.diagnose.catalogue import CHECKS
    from ladybug_agent.diagnose.scene import Scene
    from ladybug_agent.diagnose.selection import Selection
    from ladybug_agent.diagnose.take import take_diagnosis
    from ladybug_agent.wiring_diagnosis import build_diagnosis_world

    limit_s = arguments.timeout or (QUICK_S if arguments.quick else LIMIT_S)
    scene = Scene(
        config=config,
        config_error=config_error,
        config_file=str(arguments.config),
        world=build_diagnosis_world(config, clock),
        clock=clock,
        deadline=Deadline.after(limit_s, clock),
        is_quick=arguments.quick,
    )
    wish = Selection(
        only=tuple(arguments.only), skip=tuple(arguments.skip), is_quick=arguments.quick
    )
    return take_diagnosis(scene, CHECKS, wish)
