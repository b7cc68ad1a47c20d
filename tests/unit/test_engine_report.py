"""The script's report as it may arrive: from any program, cut anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.one_shot import TABLES, done, ended, finished, opening
from ladybug_agent.model.containers import OneShotResult
from ladybug_agent.resources.engine.run import WORDS_LENGTH, EngineReport, read_report

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(["event", "database", "tables", "error", "engine"])
EVENTS = st.sampled_from(["opening", "done", "failed", "no_engine", "finished"])
VALUES = EVENTS | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
LINES = st.text() | st.dictionaries(KEYS, VALUES).map(json.dumps)


def report_of(stdout: str, stderr: str = "") -> EngineReport:
    result = OneShotResult(exit_code=0, oom_killed=False, stdout=stdout, stderr=stderr)
    return read_report(result, Path("/data"))


@pytest.mark.thorough
@given(st.lists(LINES), st.text())
def test_any_output_is_a_report(lines: list[str], stderr: str) -> None:
    report = report_of("\n".join(lines), stderr)
    assert all(isinstance(tables, dict) for tables in report.tables.values())
    assert 0 < len(report.words) <= WORDS_LENGTH


@given(st.integers(min_value=0))
def test_a_report_that_is_cut_tells_no_more_than_the_whole(at: int) -> None:
    whole = ended(opening("sec"), done("sec"), opening("news"), done("news"), finished()).stdout
    report = report_of(whole[: at % len(whole)])
    assert set(report.tables) <= {"sec", "news"}
    assert all(tables == TABLES for tables in report.tables.values())
    if not report.engine:
        assert report.at in {"sec", "news", ""}


def test_a_number_of_any_length_is_no_report() -> None:
    assert report_of("9" * 60_000 + "\n" + "[" * 60_000).tables == {}


def test_of_many_last_words_the_last_are_kept() -> None:
    assert report_of("", "x" * 5000 + " the end").words.endswith("x the end")
