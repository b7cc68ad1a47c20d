"""The story of a drain for people, and what the process tells its caller."""

from __future__ import annotations

from typing import Any

from ladybug_agent.drain.record import DrainRecord
from ladybug_agent.exit_status import ExitStatus


def drain_lines(document: dict[str, Any]) -> list[str]:
    """Return the result first, then the steps.

    >>> drain_lines({"result": "not-needed", "trigger": "shutdown", "total_s": 0.0, "steps": []})
    ['not-needed after 0.0 s (shutdown)']
    """
    result, trigger = document["result"], document["trigger"]
    lines = [f"{result} after {document['total_s']:.1f} s ({trigger})"]
    for step in document["steps"]:
        took = f"{step['duration_s']:8.3f} s"
        lines.append(f"  {step['verdict']:<8} {took}  {step['name']:<18} {step['detail']}".rstrip())
        lines += [f"    because {cause}" for cause in step["error"]]
    return lines


def drain_status(record: DrainRecord) -> ExitStatus:
    """Return 4 if all is done but the registry could not be told, 1 if anything else is left."""
    if record.result == "incomplete" or record.failed("complete_hook"):
        return ExitStatus.NOT_GOOD
    if record.failed("row_terminated"):
        return ExitStatus.RESULT_NOT_WRITTEN
    return ExitStatus.GOOD
