"""A deployment for people, for programs and for the steps of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from ladybug_agent.clock import iso_utc
from ladybug_fleet.stacks.model import Change, Deployed, StackEvent

MARKS = {"Add": "+", "Remove": "-", "Modify": "~", "Import": ">", "Dynamic": "?"}


def change_line(change: Change) -> str:
    """Return one line, as in `~ Group  AWS::AutoScaling::AutoScalingGroup`."""
    replaced = {"True": "  REPLACED", "Conditional": "  perhaps replaced"}
    mark = MARKS.get(change.action, change.action)
    return f"  {mark} {change.logical_id}  {change.kind}{replaced.get(change.replacement, '')}"


def event_line(event: StackEvent) -> str:
    reason = f"  {event.reason}" if event.reason else ""
    return f"{iso_utc(event.at)}  {event.status:<28} {event.logical_id}{reason}"


def deployed_document(name: str, deployed: Deployed) -> dict[str, object]:
    stack = deployed.stack
    return {
        "stack": name,
        "outcome": deployed.outcome,
        "stack_id": stack.stack_id if stack else "",
        "status": stack.status if stack else "",
        "changes": [
            {
                "action": one.action,
                "resource": one.logical_id,
                "type": one.kind,
                "replacement": one.replacement,
            }
            for one in deployed.changes
        ],
        "outputs": dict(stack.outputs) if stack else {},
        "leftovers": [one.physical_id for one in deployed.leftovers],
    }


def deployed_outputs(deployed: Deployed) -> dict[str, str]:
    stack = deployed.stack
    return {
        "outcome": deployed.outcome,
        "changed": str(deployed.outcome in {"created", "updated"}).lower(),
        "stack_status": stack.status if stack else "",
    }


def deployed_lines(name: str, deployed: Deployed) -> Iterator[str]:
    status = f", {deployed.stack.status}" if deployed.stack else ""
    counted = f", {len(deployed.changes)} changes" if deployed.changes else ""
    yield f"{name}: {deployed.outcome.replace('_', ' ')}{counted}{status}"
    if deployed.stack:
        for key, value in sorted(deployed.stack.outputs.items()):
            yield f"  {key} = {value}"
