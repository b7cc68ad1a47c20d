"""The verb `rehearse`: the whole boot on this machine, on real parts and emulated AWS."""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import sys
from pathlib import Path
from typing import Any, TextIO

from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.render import failure_lines
from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.errors import LabError
from ladybug_lab.live_view import LiveView, timeline
from ladybug_lab.prerequisites import missing
from ladybug_lab.questions import Answer, ask, registry_row
from ladybug_lab.rehearsal_text import how_to_look_further, row_lines, table_lines
from ladybug_lab.stage import Standing
from ladybug_lab.stage_process import start_stage, take_down

SCHEMA = "ladybug.rehearse/1"
DIRECTORY = Path("/var/tmp/ladybug-rehearsal")  # noqa: S108 - root's own; a disk, not memory
GRAPH_API_PORT = 8001
BOOT_TIMEOUT_S = 960.0
_TOLD = ("code", "message", "hint", "error", "total_s")


def rehearse(arguments: argparse.Namespace) -> ExitStatus:
    """Rehearse, or take down what an earlier `--keep` left up. Blocks until it is over."""
    out = sys.stderr if arguments.format == "json" else sys.stdout
    _refuse_incomplete_machine()
    try:
        if arguments.down:
            print(take_down(DIRECTORY), file=out)
            return ExitStatus.GOOD
        return _rehearse(arguments, out)
    except LabError as error:
        raise ExternalFailure("rehearsal_failed", str(error), hint=error.hint) from error


def _refuse_incomplete_machine() -> None:
    if lacking := missing():
        needs = "; ".join(f"{item.what} ({item.why}): {item.remedy}" for item in lacking)
        raise ConfigError(
            "rehearsal_prerequisites_missing",
            f"wanted all that a rehearsal needs, found missing: {needs}",
            hint="in a git clone `./dev rehearse` gets all of it on Debian and Ubuntu",
        )


def _rehearse(arguments: argparse.Namespace, out: TextIO) -> ExitStatus:
    print("Preparing the surroundings of an instance on this machine:", file=out)
    with start_stage(
        DIRECTORY, _free_port(), image=arguments.image, data_dir=arguments.data_dir
    ) as stage:
        standing = stage.await_ready(lambda text: print(f"  {text}", file=out, flush=True))
        run = _boot(standing, out)
        document = _document(run, standing, sample=arguments.data_dir is None)
        _show(document, arguments, standing, out)
        if arguments.keep:
            stage.keep()
    return ExitStatus.GOOD if run.status == 0 else ExitStatus.NOT_GOOD


def _boot(standing: Standing, out: TextIO) -> AgentRun:
    print(f"Booting {standing.instance_id} (ladybug-agent bootstrap):", file=out, flush=True)
    view = LiveView(out)
    with view.refreshed():
        return run_agent(
            ["bootstrap", "--config", standing.config_file, "--format", "json"],
            standing.environment,
            timeout_s=BOOT_TIMEOUT_S,
            on_event=view.on_event,
        )


def _document(run: AgentRun, standing: Standing, *, sample: bool) -> dict[str, Any]:
    record = json.loads(run.stdout) if run.stdout else _crash(run)
    answer: Answer | None = None
    if record["outcome"] == "registered":
        # An image of the user's own may have no such endpoint: then there is no answer to show.
        with contextlib.suppress(LabError):
            answer = ask(standing, sample=sample)
    return {
        "schema": SCHEMA,
        "outcome": record["outcome"],
        **{name: record[name] for name in _TOLD if name in record},
        "steps": record["steps"],
        "row": registry_row(standing),
        "query": answer,
    }


def _crash(run: AgentRun) -> dict[str, Any]:
    """Tell of an agent that ended without a result, by the end of its log."""
    last = [str(event.get("line") or event) for event in run.events[-5:]]
    return {
        "outcome": "crashed",
        "code": "internal_error",
        "message": f"the agent ended with status {run.status}: {' / '.join(last)}",
        "hint": "report this",
        "steps": [],
    }


def _show(
    document: dict[str, Any], arguments: argparse.Namespace, standing: Standing, out: TextIO
) -> None:
    lines = ["", f"Timeline ({document['outcome']} after {document.get('total_s', 0):.2f} s):"]
    lines += timeline(document["steps"], document.get("total_s", 0))
    if failure := failure_lines(document):
        lines += ["", *failure]
    if document["row"]:
        lines += ["", f"Registry row of {standing.instance_id}:", *row_lines(document["row"])]
    if document["query"]:
        lines += ["", *table_lines(document["query"])]
    lines += ["", *how_to_look_further(standing, kept=arguments.keep)]
    print("\n".join(lines), file=out, flush=True)
    if arguments.format == "json":
        print(json.dumps(document, indent=1), flush=True)


def _free_port() -> int:
    """Return the Graph API's own port if nobody listens on it, else any free one."""
    for port in (GRAPH_API_PORT, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            return found
    raise LabError("no free port on 127.0.0.1")
