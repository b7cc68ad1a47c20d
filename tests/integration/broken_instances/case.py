"""One row of the table: how a replica that serves is broken, and what `diagnose` must say first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integration.broken_instances.patient import Patient

Act = Callable[[Patient], object]


def nothing(_: object) -> None:
    """Leave it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A fault, its true cause, and the way back."""

    name: str
    act: Act = nothing
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of the run of `diagnose`."""
    root: str
    """The id that the first line must name."""
    remedy: str
    """A word of what is to be done about it."""
    heal: Act = nothing
    """Undoes what `Patient.heal` does not: that is the rest of the lab, and the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """Two faults at once: the first line must name the first one's cause."""

    first: Broken
    second: Broken
    hides: bool = False
    """The second only follows from the first, or cannot be seen for it."""

    @property
    def name(self) -> str:
        return f"{self.first.name}, and {self.second.name}"
