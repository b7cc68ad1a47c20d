"""The end of a checkpoint that the snapshot cut in two, by the image's own engine."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.resources.engine.run import EngineReport, EngineRules, EngineTask, ask_engine


def run_checkpoint(
    engine: ContainerEngine,
    image_id: str,
    directory: Path,
    name: str,
    rules: EngineRules,
    deadline: Deadline,
) -> None:
    """Open the database for writing, in a container without network, and let it checkpoint.

    `directory` must be writable for `rules.uid`: this is the one act of the agent that writes to a
    database, and only on a private copy whose owner asked for it. Blocks until it is done. Raises
    Refused unless the engine came to its end.
    """
    task = EngineTask(act="checkpoint", databases=(name,))
    report = ask_engine(engine, image_id, directory, task, rules, deadline)
    if report.result.exit_code or not report.engine or name not in report.tables:
        raise Refused(
            "snapshot_recovery_failed",
            f"wanted the engine to finish the checkpoint of the database {name}, {_found(report)}",
            hint="the snapshot may be beyond recovery: deploy another one, taken while nothing"
            " writes",
            database=name,
        )


def _found(report: EngineReport) -> str:
    result = report.result
    if report.error:
        return f"it says: {report.error}"
    if result.oom_killed:
        return "it was killed for using too much memory"
    ended = result.signal or f"exit code {result.exit_code}"
    return f"it ended with {ended}; its last words: {report.words}"
