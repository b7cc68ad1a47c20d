"""What one look found: each check passes, fails with a code, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ladybug_agent.errors import AgentError

Verdict = Literal["pass", "fail", "unknown", "skip"]
CANNOT_TELL = frozenset({"container_engine_unreachable", "container_engine_refused"})
"""Of the engine, not of the container: while it restarts, the service's own answers count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    verdict: Verdict
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All checks of one run, in the order of cause and effect."""

    checks: tuple[Check, ...]
    latency_ms: float
    """How long the service took to answer; 0 if it was not asked, or did not."""

    @property
    def failing(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "fail")

    @property
    def reason(self) -> Check | None:
        """The check that explains the others, or None if all is well."""
        return next(iter(self.failing), None)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(check.code for check in self.failing)


def check(name: str, look: Callable[[], str]) -> Check:
    """Turn one look into a check; `look` returns what it saw, or raises what is wrong."""
    try:
        return Check(name=name, verdict="pass", text=look())
    except AgentError as error:
        verdict: Verdict = "unknown" if error.code in CANNOT_TELL else "fail"
        return Check(name=name, verdict=verdict, code=error.code, text=str(error))
