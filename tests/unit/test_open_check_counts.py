"""The rows that the tables must have, and those that are counted at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.one_shot import done, ended, finished, opening
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.model.containers import OneShotResult, OneShotSpec
from ladybug_agent.resources.engine.open_check import ExpectedDatabases, OpenedDatabases, check_open
from ladybug_agent.resources.engine.run import EngineRules

RULES = EngineRules(container="check", python="python3", uid=1000, memory_bytes=2**29)


def check(
    clock: FakeClock, found: Mapping[str, int | None], expected: ExpectedDatabases
) -> tuple[OpenedDatabases, object]:
    """Return the evidence, and what the script was asked to count."""
    engine, asked = FakeEngine(clock), []

    def answer(spec: OneShotSpec) -> OneShotResult:
        asked.append(json.loads(spec.command[-1])["counted"])
        return ended(opening("sec"), done("sec", found), finished())

    engine.one_shot = answer
    deadline = Deadline.after(60, clock)
    opened = check_open(engine, "sha256:1", Path("/data"), expected, RULES, deadline)
    return opened, asked[0]


def sec(counts: Mapping[str, int] | None = None, *, count_all: bool = False) -> ExpectedDatabases:
    return ExpectedDatabases(
        names=("sec",), counts={"sec": counts} if counts else {}, count_all=count_all
    )


def test_nothing_is_counted_unless_somebody_asks(clock: FakeClock) -> None:
    opened, counted = check(clock, {"Filing": None}, sec())
    assert (opened.tables, counted) == ({"sec": {"Filing": None}}, {"sec": []})


def test_all_tables_can_be_counted(clock: FakeClock) -> None:
    opened, counted = check(clock, {"Filing": 3}, sec(count_all=True))
    assert (opened.tables, counted) == ({"sec": {"Filing": 3}}, {"sec": True})


def test_tables_are_counted_whose_rows_are_known(clock: FakeClock) -> None:
    opened, counted = check(clock, {"Filing": 3, "Other": None}, sec({"Filing": 3}))
    assert (opened.tables["sec"]["Filing"], counted) == (3, {"sec": ["Filing"]})


@pytest.mark.parametrize(
    ("tables", "told"),
    [({"Filing": 2}, "found 2"), ({"Filing": 0}, "found 0"), ({"Other": 3}, "found no such table")],
)
def test_other_rows_than_wanted_are_refused(
    clock: FakeClock, tables: dict[str, int | None], told: str
) -> None:
    with pytest.raises(Refused) as refusal:
        check(clock, tables, sec({"Filing": 3}))
    assert refusal.value.code == "snapshot_counts_differ"
    assert str(refusal.value) == f"table Filing of database sec: wanted 3 rows, {told}"
    assert refusal.value.facts == {
        "database": "sec",
        "table": "Filing",
        "wanted": 3,
        "found": tables.get("Filing"),
    }
