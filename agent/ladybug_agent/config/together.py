"""What no single key of the configuration shows: keys that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ladybug_agent.config import OWNED_VARIABLES, Config


def contradictions(config: Config) -> Iterator[str]:
    """Yield what is wrong, in words for the file's author."""
    data, signals = config.data, config.signals
    rules = {
        "`data.databases` names at least one database, and none in mode `empty`": (
            (data.mode == "empty") != (not data.databases)
        ),
        "`data.databases` names a database twice": (
            len(set(data.databases)) != len(data.databases)
        ),
        "`data.databases_dir` is a path below the mount point": (
            Path(data.databases_dir).is_absolute() or ".." in Path(data.databases_dir).parts
        ),
        "`data.mount_point` is an absolute path without `..`": (
            ".." in Path(data.mount_point).parts or data.mount_point.startswith("//")
        ),
        "a lifecycle hook (`signals.launch_hook`, `drain.termination_hook`) and"
        " `signals.auto_scaling_group` go together": (
            bool(signals.launch_hook or config.drain.termination_hook)
            != bool(signals.auto_scaling_group)
        ),
        "`metrics.destination` `logs` needs `metrics.log_group`": (
            config.metrics.destination == "logs" and not config.metrics.log_group
        ),
        "`signals.logical_resource_id` needs `signals.stack_name`": (
            bool(signals.logical_resource_id) and not signals.stack_name
        ),
    }
    yield from (problem for problem, holds in rules.items() if holds)
    if owned := sorted(OWNED_VARIABLES & config.container.environment.keys()):
        yield f"`container.environment` sets {', '.join(owned)}, which the agent owns"
