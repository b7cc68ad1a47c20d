"""One thing that can go wrong in a boot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fakes.clock import FakeClock
from ladybug_agent.errors import ExternalFailure

NEVER = float("inf")
Parts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A world that cannot be booted; `parts` are the replacements for `a_world`."""

    step: str
    code: str
    parts: Callable[[FakeClock], Parts] = field(default=lambda _: {})
    config: Mapping[str, object] = field(default_factory=dict)
    exit_status: int = 1


def fails(code: str) -> ExternalFailure:
    return ExternalFailure(code, f"the world failed with {code}")
