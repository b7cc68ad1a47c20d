"""What `hydrate` prints for people."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import FakeClock
from fakes.hydration import FakeMapStore, FakePageCache
from fakes.loading import PAGES_A_BLOCK, a_hot_map, runs
from fakes.replica import Replica
from ladybug_agent.clock import Deadline
from ladybug_agent.hydrate.planning import plan_hydration
from ladybug_agent.hydrate.record import RecordOrder, record_now
from ladybug_agent.hydrate.report import (
    HydrationReport,
    MapReport,
    known_fetch_rate,
    read_report,
    report_lines,
    report_path,
    save_report,
)
from ladybug_agent.hydrate.run import run_hydration
from ladybug_agent.hydrate.text import (
    Bar,
    plan_lines,
    recording_document,
    recording_lines,
)
from ladybug_agent.hydrate.tracker import LOG_EVERY_S, Tracker
from support.arbitrary import inputs, partly

HOT = a_hot_map(runs(2 * PAGES_A_BLOCK, 2 * PAGES_A_BLOCK + 50), runs(5 * PAGES_A_BLOCK))
VOLUME_ID = "vol-0123456789abcdef0"


def a_report(**parts: object) -> HydrationReport:
    usual = {"state": "hydrating", "updated_at": "2026-02-06T12:00:00+00:00"}
    return HydrationReport(**{**usual, **parts})  # type: ignore[arg-type]


def plan_of(replica: Replica) -> list[str]:
    return list(plan_lines(plan_hydration(replica.config, replica.world, with_reads=False)))


def test_a_plan_is_a_table(tmp_path: Path) -> None:
    lines = plan_of(Replica.make(tmp_path, hot=HOT))
    assert lines[0] == f"volume {VOLUME_ID}"
    assert lines[1] == "  map of sec: found (1 recordings, 3 pages)"
    assert lines[2].split() == [
        "stage", "reads", "MiB", "blocks", "125", "MB/s", "250", "MB/s", "500", "MB/s", "1000",
        "MB/s",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[3:]] == ["roots", "logs", "touch", "warm", "rest"]
    assert len({len(line) for line in lines[2:]}) == 1
    assert max(len(line) for line in lines) <= 80


def test_a_plan_without_a_map_says_why(tmp_path: Path) -> None:
    assert "  map of sec: missing (none in memory)" in plan_of(Replica.make(tmp_path))


def test_a_plan_tells_what_was_read_before(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    run_hydration(replica.run())
    assert plan_of(replica)[-1] == "  12 blocks of the rest have been read already"


def test_a_recording_is_told_with_its_map(tmp_path: Path, deadline: Deadline) -> None:
    cache = FakePageCache(runs(2 * PAGES_A_BLOCK, 9 * PAGES_A_BLOCK))
    replica = Replica.make(tmp_path, hot=HOT, page_cache=cache)
    made = record_now(replica.config, replica.world, RecordOrder(), deadline)
    lines = list(recording_lines(made))
    assert lines[0] == "sec: 3 pages recorded; the map before had 50% of what is in memory"
    assert lines[1].startswith("  its map: ")
    document = recording_document(made)
    assert document["schema"] == "ladybug.hydrate-record/1"
    assert document["databases"][0]["hit_rate"] == 0.5
    json.dumps(document)


def test_an_opening_is_told_without_a_map(tmp_path: Path, deadline: Deadline) -> None:
    replica = Replica.make(tmp_path, maps=FakeMapStore(), page_cache=FakePageCache(runs(1)))
    made = record_now(replica.config, replica.world, RecordOrder(tier="opening"), deadline)
    assert list(recording_lines(made)) == ["sec: 1 pages recorded"]
    assert recording_document(made)["databases"][0]["stored_pages"] is None


def test_a_report_is_told_with_its_reason() -> None:
    report = a_report(state="not_needed", pct=12.5, reason="made by fast snapshot restore")
    assert list(report_lines(report)) == [
        "hydration not_needed (made by fast snapshot restore): 12.5 %"
    ]


def test_a_report_is_told_with_its_maps() -> None:
    told = MapReport(database="sec", state="found", recordings=3, pages=700, hit_rate=0.925)
    (_, line) = report_lines(a_report(state="complete", pct=100.0, maps=(told,)))
    assert "sec" in line
    assert "3 recordings" in line
    assert "92%" in line or "93%" in line


@pytest.mark.parametrize(
    ("pct", "filled"), [(0.0, 0), (3.4, 1), (50.0, 15), (99.9, 29), (100.0, 30)]
)
def test_a_bar_is_as_full_as_the_volume(pct: float, filled: int) -> None:
    out = io.StringIO()
    Bar(out).show(a_report(pct=pct, rate=2.0 * 2**20))
    assert out.getvalue().count("#") == filled
    assert f"{pct:5.1f} %" in out.getvalue()
    assert "2.0 MiB/s" in out.getvalue()


def test_a_bar_writes_over_itself() -> None:
    out = io.StringIO()
    bar = Bar(out)
    bar.show(a_report(pct=50.0, eta_s=7300.0))
    bar.show(a_report(pct=100.0))
    bar.end()
    first, second = out.getvalue().rstrip("\n").split("\r")[1:]
    assert "122 min left" in first
    assert len(first) == len(second)
    assert out.getvalue().endswith("\n")


def test_what_is_left_is_said_only_where_it_is_known() -> None:
    out = io.StringIO()
    Bar(out).show(a_report(pct=50.0))
    assert "left" not in out.getvalue()


def test_a_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = report_path(tmp_path)
    save_report(path, a_report(volume_id=VOLUME_ID, maps=(MapReport(database="a", state="off"),)))
    read = read_report(path)
    assert read
    assert (read.state, read.maps[0].state) == ("hydrating", "off")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", '{"schema": "ladybug.hydration/2"}', "[" * 100_000, "\0",
        '{"schema": "ladybug.hydration/1", "maps": [], "state": "", "updated_at": "", "pct": ""}',
    ],
)  # fmt: skip
def test_what_is_no_report_is_none(tmp_path: Path, text: str) -> None:
    report_path(tmp_path).write_text(text)
    assert read_report(report_path(tmp_path)) is None
    assert known_fetch_rate(report_path(tmp_path), VOLUME_ID) == 0.0


@pytest.mark.parametrize(
    ("rate", "known"),
    [("1.5e8", 1.5e8), ("150", 150.0), ("-1", 0.0), ('"fast"', 0.0), ("null", 0.0), ("NaN", 0.0),
     ("Infinity", 0.0), ("1" + "0" * 400, 0.0), ("[1]", 0.0)],
)  # fmt: skip
def test_a_rate_that_makes_no_sense_is_not_known(tmp_path: Path, rate: str, known: float) -> None:
    path = report_path(tmp_path)
    save_report(path, a_report(volume_id=VOLUME_ID, fetch_rate=4711.0))
    path.write_text(path.read_text().replace("4711.0", rate))
    assert known_fetch_rate(path, VOLUME_ID) == known
    assert known_fetch_rate(path, "vol-0fedcba9876543210") == 0.0


WHOLE = {
    **a_report(volume_id=VOLUME_ID, eta_s=7.0).document(),
    "first_touch_p50_ms": 30.1,
    "first_touch_p99_ms": 45.0,
}
A_MAP = asdict(MapReport(database="sec", state="found", hit_rate=0.9))


@pytest.mark.thorough
@inputs(300)
@given(partly(WHOLE), st.lists(partly(A_MAP), max_size=2))
def test_whatever_is_in_a_report_it_can_be_shown_or_is_none(
    document: dict[str, object], maps: list[dict[str, object]]
) -> None:
    with TemporaryDirectory() as directory:
        path = report_path(Path(directory))
        path.write_text(json.dumps({**document, "maps": maps}))
        if report := read_report(path):
            list(report_lines(report))


def test_a_report_that_cannot_be_written_is_a_warning(
    tmp_path: Path, log_output: io.StringIO
) -> None:
    (tmp_path / "state").write_text("in the way")
    save_report(report_path(tmp_path / "state"), a_report())
    assert "hydration_report_not_written" in log_output.getvalue()


def events(log_output: io.StringIO) -> list[str]:
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    return [line["state"] for line in lines if line["event"] == "hydration_progress"]


def test_progress_is_one_event_every_few_seconds(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    tracker = Tracker(report_path(tmp_path), clock)
    for _ in range(600):
        tracker.update(pct=1.0)
        clock.advance(0.1)
    assert 60 / LOG_EVERY_S - 1 <= len(events(log_output)) <= 60 / LOG_EVERY_S + 1


def written(state_dir: Path) -> HydrationReport:
    found = read_report(report_path(state_dir))
    assert found
    return found


def test_a_change_of_state_is_told_and_written_at_once(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    tracker = Tracker(report_path(tmp_path), clock)
    tracker.update(pct=1.0)
    tracker.update(pct=2.0)
    assert written(tmp_path).pct == 1.0
    tracker.update(state="complete", pct=100.0)
    assert written(tmp_path).state == "complete"
    assert events(log_output) == ["hydrating", "complete"]


def test_who_watches_sees_every_change(tmp_path: Path, clock: FakeClock) -> None:
    seen: list[float] = []
    tracker = Tracker(report_path(tmp_path), clock, lambda report: seen.append(report.pct))
    for pct in (1.0, 2.0, 3.0):
        tracker.update(pct=pct)
    assert seen == [1.0, 2.0, 3.0]
