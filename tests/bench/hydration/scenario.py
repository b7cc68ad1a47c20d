"""What is measured in each round, and what the medians are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.figures import Results, figure
from bench.hydration.learning import Learned
from bench.hydration.stands import Stands


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the scenarios share; whatever they are the first to need is made then."""

    stands: Stands
    learned: Learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one round, by name, and what is drawn from it."""

    values: dict[str, float]
    curves: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A limit for a figure or, with `against`, for its ratio to another one of the same round."""

    of: str
    limit: float
    against: str = ""
    at_least: bool = False

    @property
    def name(self) -> str:
        return f"{self.of}_by_{self.against}" if self.against else self.of

    def value(self, row: Row) -> float:
        return row.values[self.of] / (row.values[self.against] if self.against else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`measure` makes one round, and is told which: what has no bar is measured in round 0 only."""

    name: str
    about: str
    measure: Callable[[World, int], Row]
    bars: tuple[Bar, ...]

    def results(self, rows: list[Row]) -> Results:
        """Sum up the rounds: the bars first, then what they were made of."""
        judged = {
            bar.name: figure([bar.value(row) for row in rows], bar.limit, at_least=bar.at_least)
            for bar in self.bars
        }
        names = dict.fromkeys(name for row in rows for name in row.values)
        told = {
            name: figure([row.values[name] for row in rows if name in row.values], None)
            for name in names
            if name not in judged
        }
        return {f"{self.name}.{name}": found for name, found in (judged | told).items()}
