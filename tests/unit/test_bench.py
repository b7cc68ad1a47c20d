"""How the benchmarks judge: ratios are of one round, the median counts, limits have two sides."""

from __future__ import annotations

from bench.figures import all_hold, figure, table
from bench.hydration.scenario import Bar, Row, Scenario, World
from bench.hydration.suite import SCENARIOS


def never(_world: World, _round: int) -> Row:
    raise AssertionError


def rows(*pairs: tuple[float, float]) -> list[Row]:
    return [Row(values={"ours_s": ours, "cold_s": cold}) for ours, cold in pairs]


def scenario(*bars: Bar) -> Scenario:
    return Scenario(name="some", about="", measure=never, bars=bars)


def test_a_ratio_is_that_of_one_round_and_not_of_two_medians() -> None:
    found = scenario(Bar(of="ours_s", against="cold_s", limit=0.5))
    results = found.results(rows((1, 10), (2, 4), (30, 30)))
    assert results["some.ours_s_by_cold_s"]["median"] == 0.5


def test_a_median_over_its_limit_fails_the_run_and_is_marked() -> None:
    results = scenario(Bar(of="ours_s", limit=1.5)).results(rows((1, 1), (2, 1), (3, 1)))
    assert (all_hold(results), "misses its limit" in table(results)) == (False, True)


def test_what_is_to_be_large_holds_at_its_limit_and_above() -> None:
    figures = [figure([value], 5.0, at_least=True) for value in (4.9, 5.0, 6.0)]
    assert [found["holds"] for found in figures] == [False, True, True]


def test_a_figure_without_a_limit_is_told_and_holds() -> None:
    results = scenario().results(rows((1, 1)))
    assert (sorted(results), all_hold(results)) == (["some.cold_s", "some.ours_s"], True)


def test_what_was_measured_in_the_first_round_only_has_one_run() -> None:
    extra = Row(values={"ours_s": 1, "cold_s": 1, "extra_s": 7})
    assert scenario().results([extra, *rows((1, 1))])["some.extra_s"]["runs"] == 1


def test_every_scenario_has_a_bar() -> None:
    assert all(found.bars for found in SCENARIOS.values())
