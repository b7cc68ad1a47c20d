"""The verb `hydrate`: `run`, `record`, `plan` and `show`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.interrupts import cancel_on_signals
from ladybug_agent.verbs.configured import configured

FOR_EVER = float("inf")


def hydrate(arguments: argparse.Namespace) -> ExitStatus:
    acts: dict[str, Callable[[argparse.Namespace, Deadline], None]] = {
        "run": _run,
        "record": _record,
        "plan": _plan,
        "show": _show,
    }
    # No limit but a signal: a large volume takes hours. A volume that hangs has a limit of its own.
    deadline = Deadline.after(FOR_EVER, SystemClock())
    cancel_on_signals(deadline)
    acts[arguments.act](arguments, deadline)
    return ExitStatus.GOOD


def _run(arguments: argparse.Namespace, deadline: Deadline) -> None:
    from ladybug_agent.hydrate.report import report_lines
    from ladybug_agent.hydrate.run import HydrateRun, run_hydration
    from ladybug_agent.hydrate.text import Bar
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring import build_world

    config = configured(arguments)
    world = build_world(config, deadline.clock)
    run = HydrateRun(config=config, world=world, deadline=deadline, fast=arguments.fast)
    bar = Bar() if sys.stderr.isatty() else None
    try:
        report = run_hydration(run, *([bar.show] if bar else []))
    finally:
        if bar:
            bar.end()
    if arguments.format == "json":
        print_json(report.document())
    else:
        print("\n".join(report_lines(report)))


def _record(arguments: argparse.Namespace, deadline: Deadline) -> None:
    from ladybug_agent.hydrate.record import RecordOrder, record_now
    from ladybug_agent.hydrate.text import recording_document, recording_lines
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring import build_world

    config = configured(arguments)
    order = RecordOrder(tier=arguments.tier, fresh=arguments.fresh, after_s=arguments.after)
    recordings = record_now(config, build_world(config, deadline.clock), order, deadline)
    if arguments.format == "json":
        print_json(recording_document(recordings))
    else:
        print("\n".join(recording_lines(recordings)))


def _plan(arguments: argparse.Namespace, deadline: Deadline) -> None:
    from ladybug_agent.hydrate.planning import plan_hydration
    from ladybug_agent.hydrate.text import plan_lines
    from ladybug_agent.render import print_json
    from ladybug_agent.wiring import build_world

    config = configured(arguments)
    world = build_world(config, deadline.clock)
    planned = plan_hydration(config, world, with_reads=arguments.reads)
    if arguments.format == "json":
        print_json(planned.document())
    else:
        print("\n".join(plan_lines(planned)))


def _show(arguments: argparse.Namespace, deadline: Deadline) -> None:
    from ladybug_agent.hydrate.picture import map_picture
    from ladybug_agent.hydrate.show import find_map, map_in_file, save_picture

    path = Path(arguments.map)
    if path.is_file():
        hot = map_in_file(path)
    else:
        from ladybug_agent.wiring import build_world

        config = configured(arguments)
        hot = find_map(config, build_world(config, deadline.clock), arguments.map)
    picture = map_picture(hot, path.stem)
    if arguments.output:
        save_picture(arguments.output, picture)
    else:
        print(picture, end="")
