"""Two faults at once: the one farther up in the causal order must be named first."""

from __future__ import annotations

from integration.broken_instances import by_aws, by_machine
from integration.broken_instances.case import Broken, Twice

BY_NAME: dict[str, Broken] = {one.name: one for one in (*by_aws.CASES, *by_machine.CASES)}


def twice(first: str, second: str, *, hides: bool = False) -> Twice:
    return Twice(first=BY_NAME[first], second=BY_NAME[second], hides=hides)


CASES = (
    twice("metadata is cut off", "a paused container"),
    twice("a clock that is slow", "a target that fails"),
    twice("no way to DynamoDB", "a paused container"),
    twice("no right to the registry", "a service that hangs"),
    twice("a detached volume", "a deleted row"),
    twice("an impaired volume", "another registration"),
    twice("an unknown key", "a paused container", hides=True),
    twice("no engine", "given up by Auto Scaling", hides=True),
    twice("a hidden mount", "standby", hides=True),
    twice("a lease that ended", "a target that fails"),
    twice("a spot interruption", "a row that flaps", hides=True),
    twice("another registration", "no group"),
)
