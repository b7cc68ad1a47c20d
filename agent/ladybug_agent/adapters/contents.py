"""Looks at the volume from processes of their own: one that hangs there can be left behind.

A thread that waits for an impaired volume keeps its process from ending; a process does not keep
the one that started it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ladybug_agent.adapters.commands import run_command
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure
from ladybug_agent.ports.diagnosis import AskDatabases, DatabaseSeen

BLOCK_BYTES = 4096
HINT = "is the volume impaired? `aws ec2 describe-volume-status`; then replace the instance"
VERIFIED = frozenset({0, 1})


class SystemContents:
    def read_block(self, node: str, deadline: Deadline) -> None:
        """Read the first block with dd(1)."""
        argv = ["dd", f"if={node}", "of=/dev/null", f"bs={BLOCK_BYTES}", "count=1", "iflag=direct"]
        with _unanswered(node):
            try:
                run_command(argv, deadline=deadline)
            except ExternalFailure as error:
                if error.code != "command_failed":
                    raise
                raise ExternalFailure(
                    "device_unreadable", f"cannot read the first block of {node}", hint=HINT
                ) from error

    def databases(self, ask: AskDatabases, deadline: Deadline) -> tuple[DatabaseSeen, ...]:
        """Run `ladybug-agent verify`."""
        argv = [sys.executable, "-m", "ladybug_agent", "verify", ask.directory]
        for name in ask.names:
            argv += ["--database", name]
        argv += ["--depth", "names", "--format", "json", "--config", ask.config_file]
        with _unanswered(ask.directory):
            result = run_command(argv, deadline=deadline, good=VERIFIED)
        try:
            return tuple(_seen(one) for one in json.loads(result.stdout)["databases"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ExternalFailure(
                "databases_not_verified",
                f"wanted `verify` to check {ask.directory}, found no result of it",
                hint="run it by hand: `ladybug-agent verify`",
            ) from error


def _seen(told: dict[str, Any]) -> DatabaseSeen:
    return DatabaseSeen(
        name=str(told["name"]),
        code=str(told.get("code", "")),
        message=str(told.get("message", "")),
        hint=str(told.get("hint", "")),
        size_bytes=int(told.get("size_bytes", 0)),
    )


@contextmanager
def _unanswered(what: str) -> Iterator[None]:
    """Say of a process that did not end, or cannot be killed, what it waited for."""
    try:
        yield
    except DeadlineExceeded as error:
        raise _unresponsive(what) from error
    except ExternalFailure as error:
        if error.code != "command_unkillable":
            raise
        raise _unresponsive(what) from error


def _unresponsive(what: str) -> ExternalFailure:
    return ExternalFailure(
        "device_unresponsive", f"wanted to read {what}, the read did not come back", hint=HINT
    )
