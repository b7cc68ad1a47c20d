"""The outcome of all checks: what every form of the output is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ladybug_agent.diagnose.check import CRASHED, Result, Viewpoint

Opinion = Literal["healthy", "unhealthy", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one party thinks of this replica, in a word and in its own words."""

    viewpoint: Viewpoint
    opinion: Opinion
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Results in causal order; `root_causes` first names what everything else follows from."""

    host: Mapping[str, str]
    """Who is examined, as far as known: instance_id, availability_zone, snapshot_id, image ..."""
    taken_at: datetime
    duration_s: float
    results: tuple[Result, ...]
    views: tuple[View, ...] = ()
    dissent: str = ""
    """The viewpoint that disagrees with the others, with why; empty if they agree."""
    left_out: tuple[str, ...] = ()
    """Ids that `--only`, `--skip` or `--quick` left out."""
    verdict_facts: Mapping[str, str] = field(default_factory=dict)
    """Short facts for the first line: age of the snapshot, status, lease."""

    @property
    def root_causes(self) -> tuple[Result, ...]:
        """Failing checks that follow from no other, in causal order; those that crashed last."""
        roots = [one for one in self.results if one.is_bad and not one.caused_by]
        return tuple(sorted(roots, key=lambda one: one.code == CRASHED))

    def consequences_of(self, root: Result) -> tuple[Result, ...]:
        """Return what only follows from a root cause: failed with it, or could not be asked."""
        return tuple(one for one in self.results if root.id in {one.caused_by, one.blocked_by})

    def counted(self, status: str) -> int:
        return sum(one.status == status for one in self.results)

    @property
    def is_good(self) -> bool:
        return not any(one.is_bad for one in self.results)
