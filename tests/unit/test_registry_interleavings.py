"""Ten thousand steps of agents, reaper and operator in random order against the conditional writes.

`tests/contract/test_registry_interleavings.py` runs the same against two implementations of
DynamoDB.
"""

from __future__ import annotations

import pytest

from fakes.registry import FakeRegistry
from ladybug_agent.ports import InstanceRegistry, Row
from ladybug_agent.ports.registry import Heartbeat, WriteOutcome
from support.fleet_model import KEY, run_fleet


class FakeTable:
    def __init__(self, fake: FakeRegistry) -> None:
        self.fake = fake

    @property
    def registry(self) -> InstanceRegistry:
        return self.fake

    def row(self) -> Row | None:
        return self.fake.rows.get(KEY)

    def clear(self) -> None:
        self.fake.rows.clear()

    def delete(self) -> None:
        self.fake.rows.pop(KEY, None)

    def set_desired(self, desired: str | None) -> None:
        row = {name: value for name, value in self.fake.rows[KEY].items() if name != "desired"}
        self.fake.rows[KEY] = {**row, "desired": desired} if desired else row


@pytest.mark.thorough
def test_no_order_of_events_breaks_the_registry() -> None:
    assert run_fleet(lambda: FakeTable(FakeRegistry()), examples=300) >= 10_000


class Upserting(FakeRegistry):
    """A heartbeat that makes rows: the ghosts of two attributes."""

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        if beat.instance_id not in self.rows:
            self.rows[beat.instance_id] = {
                "instance_id": beat.instance_id,
                "registration_id": beat.registration_id,
                **beat.values,
            }
        return super().beat(beat)


class Reviving(FakeRegistry):
    """A heartbeat that does not look at the status: rows come back from their way out."""

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        outcome = super().beat(beat)
        if outcome.verdict == "leaving":
            self.rows[beat.instance_id] = {**outcome.row, **beat.values}
        return outcome


class Unfenced(FakeRegistry):
    """A heartbeat that does not look whose row it is."""

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        outcome = super().beat(beat)
        if outcome.verdict == "fenced":
            self.rows[beat.instance_id] = {**outcome.row, **beat.values}
        return outcome


class Overwriting(FakeRegistry):
    """A registration without a condition."""

    def put(self, row: Row, *, now: int) -> None:
        del now
        self.rows[str(row["instance_id"])] = dict(row)


class Restoring(FakeRegistry):
    """A lost row that is written over whatever has come in its place."""

    def restore(self, row: Row) -> bool:
        self.rows[str(row["instance_id"])] = dict(row)
        return True


@pytest.mark.thorough
@pytest.mark.parametrize(
    "broken",
    [Upserting, Reviving, Unfenced, Overwriting, Restoring],
    ids=lambda kind: kind.__name__,
)
def test_a_registry_that_is_broken_is_found_out(broken: type[FakeRegistry]) -> None:
    """The model has teeth: without any one of the conditions it finds an order that breaks."""
    with pytest.raises(AssertionError):
        run_fleet(lambda: FakeTable(broken()), examples=500, shrinks=False)
