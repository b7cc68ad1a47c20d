"""One check: what it asks, what it needs first, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ladybug_agent.diagnose.scene import Scene

Status = Literal["pass", "warn", "fail", "skip", "error"]
"""`skip` is not asked (`blocked_by` says why); `error` is a check that crashed or hung itself."""
Risk = Literal["safe", "disruptive"]
"""`safe` changes nothing that serves; `disruptive` may stop answers for a while."""
Viewpoint = Literal["container", "health", "registry", "load balancer", "auto scaling"]
CRASHED = "check_crashed"
"""The code of a check that failed by a fault of its own: it says nothing of the instance."""
TIMED_OUT = "check_timed_out"
"""The code of a check that did not answer in time, or was not reached: the time was up."""
BAD: frozenset[Status] = frozenset({"fail", "error"})


@dataclass(frozen=True, slots=True)
class Command:
    """A line for the operator's shell."""

    line: str
    risk: Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to do about a finding: a sentence, commands, and the IAM actions that are missing."""

    text: str
    commands: tuple[Command, ...] = ()
    iam: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look saw where nothing is wrong, or where it is only worth a warning.

    What is wrong is raised as an AgentError: its code, sentence and hint become the result's.
    """

    message: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    """The code of a warning; empty where all is well."""
    remedy: Remedy | None = None
    is_asked: bool = True
    """False where there is nothing to ask here, or no right to: the check counts as skipped."""


def not_asked(why: str) -> Found:
    """Return what a look says that has nothing to look at here, or no right to."""
    return Found(message=why, is_asked=False)


UNCONFIGURED = not_asked("not known without a configuration")
EMPTY = not_asked("empty by request: there is no volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question about the instance. Ids are public API: `group.what`."""

    id: str
    asks: str
    """The question in a few words, for `--list` and the report."""
    look: Callable[[Scene], Found]
    """Looks only. Raises AgentError for what is wrong."""
    needs: tuple[str, ...] = ()
    """Cannot be asked unless these passed: it is skipped, blocked by the first that did not."""
    follows: tuple[str, ...] = ()
    """Can be asked, but a failure here is only a consequence where one of these failed."""
    explained_by: Callable[[str], tuple[str, ...] | None] | None = None
    """Which of `follows` can be the cause of a failure with that code; None is all of them."""
    is_quick: bool = True
    """Whether `--quick` asks it: nothing beyond the machine, and within a fraction of a second."""

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check ended."""

    id: str
    status: Status
    message: str
    code: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: Remedy | None = None
    blocked_by: str = ""
    """The id of the check without which this one could not be asked."""
    caused_by: str = ""
    """The id of the failing check that this failure only follows from."""
    duration_ms: float = 0.0

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]

    @property
    def is_bad(self) -> bool:
        return self.status in BAD
