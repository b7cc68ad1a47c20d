"""`hydrate run`: the rest of the volume behind a serving replica, by real threads in real time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.clock import FakeClock
from fakes.fault import fails
from fakes.hydration import FakeMapStore, FakePageCache
from fakes.instance import ROOT_VOLUME, VOLUME, FakeEc2
from fakes.loading import PAGES_A_BLOCK, a_hot_map, runs
from fakes.replica import BLOCKS, VOLUME_ID, Replica, bytes_read
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import AgentError, Busy, Cancelled, ExternalFailure, Refused
from ladybug_agent.hydrate.report import HydrationReport, save_report
from ladybug_agent.hydrate.run import run_hydration
from ladybug_agent.model.hydration import BLOCK_BYTES, Initialization, PageRun
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.state import StateDirectory

HOT = a_hot_map(runs(2 * PAGES_A_BLOCK), runs(5 * PAGES_A_BLOCK))
Watch = Callable[[HydrationReport], None]


def loaded(replica: Replica, *watch: Watch, fast: bool = False) -> HydrationReport:
    return run_hydration(replica.run(fast=fast), *watch)


@pytest.mark.parametrize("fast", [False, True], ids=["beside queries", "fast"])
def test_all_of_the_databases_is_read(tmp_path: Path, *, fast: bool) -> None:
    replica = Replica.make(tmp_path)
    before = bytes_read()
    report = loaded(replica, fast=fast)
    assert bytes_read() - before >= BLOCKS * BLOCK_BYTES
    assert (report.state, report.pct, report.eta_s) == ("complete", 100.0, 0.0)
    assert (report.done_bytes, report.total_bytes) == (BLOCKS * BLOCK_BYTES,) * 2
    assert replica.report["state"] == "complete"


def test_from_start_to_end_it_says_how_far_it_is(tmp_path: Path) -> None:
    seen: list[HydrationReport] = []
    replica = Replica.make(tmp_path, hot=HOT)
    loaded(replica, seen.append)
    assert [report.state for report in seen[:1]] == ["hydrating"]
    assert list(dict.fromkeys(report.state for report in seen)) == ["hydrating", "complete"]
    percents = [report.pct for report in seen]
    assert percents == sorted(percents)
    assert all(report.pct < 100 for report in seen if report.state == "hydrating")


def test_the_report_is_what_status_and_the_health_check_read(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, hot=HOT)
    loaded(replica)
    report = replica.report
    assert (report["schema"], report["volume_id"], report["hot_blocks"]) == (
        "ladybug.hydration/1",
        VOLUME_ID,
        3,
    )
    assert report["first_touch_p50_ms"] is not None
    assert report["first_touch_p99_ms"] >= report["first_touch_p50_ms"]
    assert [(one["database"], one["state"]) for one in report["maps"]] == [("sec", "found")]


def test_a_second_run_reads_nothing_again(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    loaded(replica)
    before = bytes_read()
    assert loaded(replica).state == "complete"
    assert bytes_read() - before < BLOCK_BYTES


def stopped_at(replica: Replica, pct: float) -> None:
    """Run until so many percent have been read, then stop as SIGTERM does."""
    deadline = Deadline.after(60, SystemClock())

    def stop(report: HydrationReport) -> None:
        if report.pct >= pct:
            deadline.cancel()

    with pytest.raises(Cancelled):
        run_hydration(replica.run(deadline), stop)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = {"hydration.background_rate_mib_s": 8.0, "hydration.background_window": 1}
    replica = Replica.make(tmp_path, config=slow)
    before = bytes_read()
    stopped_at(replica, 40.0)
    assert replica.report["state"] == "stopped"
    assert 40.0 <= replica.report["pct"] < 100
    assert loaded(replica).state == "complete"
    # Each block once; beside them some headers, and the code itself.
    assert BLOCKS * BLOCK_BYTES <= bytes_read() - before < (BLOCKS + 1) * BLOCK_BYTES


def test_a_run_that_goes_on_does_not_begin_at_nothing(tmp_path: Path) -> None:
    slow = {"hydration.background_rate_mib_s": 8.0, "hydration.background_window": 1}
    replica = Replica.make(tmp_path, config=slow)
    stopped_at(replica, 40.0)
    seen: list[float] = []
    loaded(replica, lambda report: seen.append(report.pct))
    assert min(seen) >= 40.0


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"hydration.mode": "off"}, "`hydration.mode` is off"),
        ({"data.mode": "empty"}, "the replica has no data, by request"),
    ],
)
def test_what_is_off_is_not_read(tmp_path: Path, config: dict[str, object], reason: str) -> None:
    replica = Replica.make(tmp_path, config=config)
    report = loaded(replica)
    assert (report.state, report.reason) == ("off", reason)
    assert replica.report["state"] == "off"


def said(completed: Initialization | None) -> FakeEc2:
    ec2 = FakeEc2()
    ec2.initialized = completed
    return ec2


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        (replace(VOLUME, fast_restored=True), "made by fast snapshot restore"),
        (replace(VOLUME, initialization_rate_mib_s=200), "EC2 loads it by itself, at 200 MiB/s"),
        (replace(VOLUME, snapshot_id=""), "not made from a snapshot"),
    ],
)
def test_a_volume_that_needs_none_is_left_alone(
    tmp_path: Path, volume: AttachedVolume, reason: str
) -> None:
    replica = Replica.make(tmp_path, hot=HOT, ec2=FakeEc2(ROOT_VOLUME, volume))
    before = bytes_read()
    report = loaded(replica)
    assert (report.state, report.reason) == ("not_needed", reason)
    assert bytes_read() - before < BLOCK_BYTES


def test_a_volume_that_ec2_has_loaded_is_left_alone(tmp_path: Path) -> None:
    ec2 = said(Initialization(completed=True, kind="default", progress_pct=100))
    assert loaded(Replica.make(tmp_path, ec2=ec2)).reason == "EC2 has loaded all of it"


@pytest.mark.parametrize("code", ["aws_access_denied", "aws_unreachable"])
def test_without_ec2_it_is_read(tmp_path: Path, code: str) -> None:
    ec2 = FakeEc2(raises=fails(code))
    assert loaded(Replica.make(tmp_path, ec2=ec2)).state == "complete"


def test_a_volume_that_needs_none_has_its_map_recorded(tmp_path: Path) -> None:
    ec2 = FakeEc2(ROOT_VOLUME, replace(VOLUME, fast_restored=True))
    replica = Replica.make(tmp_path, ec2=ec2, page_cache=FakePageCache(runs(0, 5)))
    assert loaded(replica).maps[0].detail == "recorded"
    assert replica.map


def failed(replica: Replica) -> AgentError:
    with pytest.raises(AgentError) as failure:
        loaded(replica)
    assert replica.report["state"] == "failed"
    assert replica.report["reason"].startswith(failure.value.code)
    return failure.value


def test_blocks_that_cannot_be_read_are_a_failure_that_names_the_file(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(3 * BLOCK_BYTES))  # what lies behind is gone
    replica = Replica.make(tmp_path)
    replica.world.block_devices.state.image = image
    failure = failed(replica)
    assert failure.code == "hydration_read_failed"
    assert str(replica.database) in str(failure)


def test_blocks_that_were_read_before_a_failure_are_not_read_again(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(3 * BLOCK_BYTES))
    replica = Replica.make(tmp_path, config={"hydration.background_window": 1})
    replica.world.block_devices.state.image = image
    failed(replica)
    replica.world.block_devices.state.image = Path("/dev/zero")
    before = bytes_read()
    loaded(replica)
    assert bytes_read() - before < (BLOCKS - 1) * BLOCK_BYTES


def test_nothing_mounted_is_refused(tmp_path: Path) -> None:
    failure = failed(Replica.make(tmp_path, options=None))
    assert (type(failure), failure.code) == (Refused, "hydration_without_mount")
    assert "nothing mounted there" in str(failure)


def test_a_volume_mounted_writable_is_refused(tmp_path: Path) -> None:
    failure = failed(Replica.make(tmp_path, options=("rw",)))
    assert "/dev/nvme1n1 mounted writable" in str(failure)


def test_a_disk_that_was_detached_is_refused(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    replica.world.block_devices.present.clear()
    failure = failed(replica)
    assert failure.code == "hydration_without_mount"
    assert "was the volume detached?" in failure.hint


def test_a_disk_that_was_replaced_is_refused(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    replica.world.block_devices.state.replaced_after_looks = 0
    assert failed(replica).code == "device_replaced"


def test_a_second_run_beside_the_first_is_busy(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    state = StateDirectory(replica.state_dir)
    with state.locked_for_hydration(), pytest.raises(Busy) as busy:
        loaded(replica)
    assert busy.value.code == "hydration_already_running"


def test_a_boot_that_runs_is_no_obstacle(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    with StateDirectory(replica.state_dir).locked():
        assert loaded(replica).state == "complete"


def test_a_file_that_is_deleted_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)

    def delete(_: HydrationReport) -> None:
        replica.database.unlink(missing_ok=True)

    assert loaded(replica, delete).state == "complete"


def test_a_file_that_is_replaced_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, hot=HOT)

    def replace_it(_: HydrationReport) -> None:
        other = replica.database.with_suffix(".new")
        other.write_bytes(b"another")
        other.rename(replica.database)

    assert loaded(replica, replace_it).state == "complete"


@pytest.mark.parametrize("how", [{"hydration.cache_share": 0.0}, {}], ids=["by choice", "none"])
def test_without_memory_to_spare_it_reads_all_the_same(
    tmp_path: Path, how: dict[str, object]
) -> None:
    replica = Replica.make(tmp_path, hot=HOT, config=how)
    if not how:
        replica.world.machine.memory_available = 0
    assert loaded(replica).state == "complete"


def test_a_database_without_a_map_has_one_recorded(tmp_path: Path) -> None:
    cache = FakePageCache((PageRun(0, 3), PageRun(700, 2)))
    replica = Replica.make(tmp_path, page_cache=cache)
    report = loaded(replica)
    assert replica.map
    assert replica.map.queries == cache.pages
    assert replica.map.generation.snapshot_id == VOLUME.snapshot_id
    assert [(m.state, m.detail, m.recordings, m.pages) for m in report.maps] == [
        ("missing", "recorded", 1, 5)
    ]
    assert replica.report["maps"][0]["detail"] == "recorded"


def test_a_recording_waits_until_the_replica_has_served_for_a_while(tmp_path: Path) -> None:
    replica = Replica.make(
        tmp_path,
        config={"hydration.record_after_s": 0.7},
        page_cache=FakePageCache(runs(5)),
    )
    began = SystemClock().monotonic()
    loaded(replica)
    assert replica.map
    assert SystemClock().monotonic() - began >= 0.7


def test_a_database_that_has_a_map_is_told_how_well_it_did(tmp_path: Path) -> None:
    resident = runs(2 * PAGES_A_BLOCK, 5 * PAGES_A_BLOCK, 8 * PAGES_A_BLOCK)
    replica = Replica.make(tmp_path, hot=HOT, page_cache=FakePageCache(resident))
    assert loaded(replica).maps[0].hit_rate == 0.667
    assert replica.map == HOT


def test_nothing_is_recorded_where_that_is_not_asked_for(tmp_path: Path) -> None:
    replica = Replica.make(
        tmp_path, config={"hydration.record": "never"}, page_cache=FakePageCache(runs(5))
    )
    assert loaded(replica).maps[0].detail == "none in memory"
    assert replica.map is None


def test_a_replica_without_a_place_for_maps_is_loaded(tmp_path: Path) -> None:
    report = loaded(Replica.make(tmp_path).without_maps())
    assert (report.state, report.maps[0].state) == ("complete", "off")


class Unwritable(FakeMapStore):
    """A bucket that may be read and not written."""

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        del database_uuid, data, version
        raise fails("aws_access_denied")


class Unknown(FakePageCache):
    """A kernel that does not say what is in memory."""

    def resident(self, handle: int, size_bytes: int) -> tuple[PageRun, ...]:
        del handle, size_bytes
        raise fails("page_cache_unknown")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"maps": Unwritable()}, "aws_access_denied"),
        ({"page_cache": Unknown()}, "page_cache_unknown"),
    ],
)
def test_a_map_that_cannot_be_recorded_ends_nothing(
    tmp_path: Path, parts: dict[str, Any], code: str
) -> None:
    report = loaded(Replica.make(tmp_path, **parts))
    assert report.state == "complete"
    assert report.maps[0].detail.startswith(code)


def test_a_hit_rate_that_nobody_knows_ends_nothing(tmp_path: Path) -> None:
    report = loaded(Replica.make(tmp_path, hot=HOT, page_cache=Unknown()))
    assert (report.state, report.maps[0].hit_rate) == ("complete", None)


def test_all_other_blocks_follow_where_the_whole_device_is_asked_for(tmp_path: Path) -> None:
    clock = FakeClock()
    small = replace(DISK, size_bytes=20 * BLOCK_BYTES)
    devices = FakeBlockDevices(clock, small)
    replica = Replica.make(tmp_path, config={"hydration.scope": "device"}, block_devices=devices)
    assert loaded(replica).total_bytes == 20 * BLOCK_BYTES


def test_a_report_that_cannot_be_read_is_no_obstacle(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    replica.state_dir.mkdir(parents=True)
    (replica.state_dir / "hydration.json").write_text('{"schema": "ladybug.hydration/1"', "utf-8")
    assert loaded(replica).state == "complete"


def test_what_the_boot_has_seen_of_the_volume_is_kept(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    seen = HydrationReport(state="warm", updated_at="", volume_id=VOLUME_ID, fetch_rate=1.5e8)
    save_report(replica.state_dir / "hydration.json", seen)
    assert loaded(replica).fetch_rate == 1.5e8
    assert replica.report["fetch_rate"] == 1.5e8


def test_a_report_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    (replica.state_dir / "hydration.json").mkdir(parents=True)
    assert loaded(replica).state == "complete"


def test_a_run_that_ends_by_an_error_of_its_own_says_that_it_failed(tmp_path: Path) -> None:
    def fail(report: HydrationReport) -> None:
        if report.state == "hydrating":
            raise ZeroDivisionError

    replica = Replica.make(tmp_path)
    with pytest.raises(ZeroDivisionError):
        loaded(replica, fail)
    assert replica.report["state"] == "failed"
    assert replica.report["reason"].startswith("internal_error: ZeroDivisionError")


def test_where_hydration_cannot_hold_a_lock_it_is_an_error(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path)
    replica.state_dir.write_text("in the way")
    with pytest.raises(ExternalFailure) as failure:
        loaded(replica)
    assert failure.value.code == "state_directory_unusable"
