"""`hydrate plan`: what would be read, in which order, and how long that takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.fault import fails
from fakes.hydration import FakeMapStore
from fakes.loading import PAGES_A_BLOCK, a_hot_map, runs
from fakes.replica import BLOCKS, IDENTITY, VOLUME_ID, Replica, bytes_read
from ladybug_agent.errors import Refused
from ladybug_agent.hydrate.planning import Planned, Stage, plan_hydration
from ladybug_agent.hydrate.run import run_hydration
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES

BLOCK = PAGES_A_BLOCK
HOT = a_hot_map(runs(2 * BLOCK, 2 * BLOCK + 50), runs(5 * BLOCK))


def planned(replica: Replica, *, with_reads: bool = False) -> Planned:
    return plan_hydration(replica.config, replica.world, with_reads=with_reads)


def stage(plan: Planned, name: str) -> Stage:
    return next(found for found in plan.stages if found.name == name)


def test_the_stages_are_in_the_order_of_reading(tmp_path: Path) -> None:
    plan = planned(Replica.make(tmp_path, hot=HOT))
    assert [found.name for found in plan.stages] == ["roots", "logs", "touch", "warm", "rest"]


def test_each_stage_has_its_reads_and_the_blocks_that_are_new_in_it(tmp_path: Path) -> None:
    plan = planned(Replica.make(tmp_path, hot=HOT))
    assert {s.name: (s.reads, s.bytes, s.blocks) for s in plan.stages} == {
        "roots": (3, 3 * PAGE_BYTES, 1),
        "logs": (0, 0, 0),
        "touch": (2, 2 * PAGE_BYTES, 2),
        "warm": (1, PAGE_BYTES, 0),
        "rest": (BLOCKS, BLOCKS * BLOCK_BYTES, BLOCKS - 3),
    }


def test_a_log_is_a_stage_of_its_own(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    (replica.database.parent / "sec.lbug.wal").write_bytes(bytes(BLOCK_BYTES))
    found = stage(planned(replica), "logs")
    assert (found.reads, found.bytes, found.blocks) == (1, BLOCK_BYTES, 1)


def test_where_the_volume_fetches_whole_blocks_these_are_what_takes_time() -> None:
    touch = Stage(name="touch", what="", reads=250, bytes=250 * PAGE_BYTES, blocks=250)
    assert touch.fetched_bytes == 250 * BLOCK_BYTES
    assert touch.seconds_at(125) == pytest.approx(250 * BLOCK_BYTES / 125e6)
    assert touch.seconds_at(1000) == pytest.approx(touch.seconds_at(125) / 8)


def test_where_it_has_them_already_it_is_what_is_read() -> None:
    warm = Stage(name="warm", what="", reads=9, bytes=125_000_000, blocks=0)
    assert warm.seconds_at(125) == 1.0


def test_the_whole_device_is_planned_where_it_is_asked_for(tmp_path: Path) -> None:
    plan = planned(Replica.make(tmp_path, config={"hydration.scope": "device"}))
    assert stage(plan, "rest").reads == 100 * 2**30 // BLOCK_BYTES


def test_whole_hot_blocks_are_planned_where_they_are_asked_for(tmp_path: Path) -> None:
    plan = planned(Replica.make(tmp_path, hot=HOT, config={"hydration.hot_read": "blocks"}))
    assert (stage(plan, "touch").bytes, stage(plan, "touch").blocks) == (2 * BLOCK_BYTES, 2)
    assert (stage(plan, "warm").reads, stage(plan, "warm").blocks) == (3, 0)


def test_planning_reads_none_of_it(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, hot=HOT)
    before = bytes_read()
    planned(replica)
    assert bytes_read() - before < 100_000


def test_what_was_read_before_is_told(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    assert planned(replica).read_before == 0
    run_hydration(replica.run())
    assert planned(replica).read_before == BLOCKS


@pytest.mark.parametrize(
    ("store", "state"),
    [
        (FakeMapStore(), "missing"),
        (FakeMapStore({IDENTITY: b"torn"}), "unreadable"),
        (FakeMapStore(raises=fails("aws_access_denied")), "unavailable"),
    ],
)
def test_a_plan_without_a_map_says_why(tmp_path: Path, store: FakeMapStore, state: str) -> None:
    plan = planned(Replica.make(tmp_path, maps=store))
    assert [found.state for found in plan.maps] == [state]
    assert stage(plan, "touch").reads == 0


def test_the_reads_are_listed_for_other_programs(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, hot=HOT)
    reads = planned(replica, with_reads=True).reads
    path = str(replica.database)
    assert [(read["path"], read["offset"], read["block"], read["direct"]) for read in reads] == [
        (path, 0, 0, False),
        (path, PAGE_BYTES, 0, False),
        (path, 2 * PAGE_BYTES, 0, False),
        (path, 2 * BLOCK_BYTES, 2, False),
        (path, 5 * BLOCK_BYTES, 5, False),
        (path, 2 * BLOCK_BYTES + 50 * PAGE_BYTES, 2, False),
    ]
    assert {read["length"] for read in reads} == {PAGE_BYTES}


def test_reads_of_whole_blocks_are_of_the_device(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, hot=HOT, config={"hydration.hot_read": "blocks"})
    direct = [read for read in planned(replica, with_reads=True).reads if read["direct"]]
    assert [(read["path"], read["offset"], read["length"]) for read in direct] == [
        ("/dev/nvme1n1", 2 * BLOCK_BYTES, BLOCK_BYTES),
        ("/dev/nvme1n1", 5 * BLOCK_BYTES, BLOCK_BYTES),
    ]


def test_the_document_has_all_of_it(tmp_path: Path) -> None:
    document = planned(Replica.make(tmp_path, hot=HOT)).document()
    assert (document["schema"], document["volume_id"]) == ("ladybug.hydrate-plan/1", VOLUME_ID)
    assert document["maps"] == [
        {"database": "sec", "state": "found", "detail": "", "recordings": 1, "pages": 3}
    ]
    rest: dict[str, Any] = document["stages"][-1]
    assert rest["seconds"] == {"125": 0.05, "250": 0.025, "500": 0.013, "1000": 0.006}
    assert "reads" not in document


def test_without_a_mounted_volume_there_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        planned(Replica.make(tmp_path, options=None))
    assert refusal.value.code == "hydration_without_mount"
