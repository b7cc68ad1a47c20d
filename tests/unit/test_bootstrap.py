"""Whole runs of the boot in a world of fakes: the happy path, and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fakes.boot import KEY, NAME, STEPS, Machine
from fakes.build import IMAGE_BY_DIGEST, IMAGE_BY_TAG
from fakes.clock import FakeClock
from fakes.engine import DIGEST, FakeEngine, FakeImageRegistry
from fakes.instance import BOOT, SNAPSHOT, FakeMachine
from fakes.mounts import FakeMounts
from fakes.orchestrator import FakeOrchestrator, Told
from fakes.storage import FakeBlockDevices
from ladybug_agent.clock import iso_utc
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import BootIdentity

DOWN = ExternalFailure("image_registry_unreachable", "no such host")


def test_a_happy_boot_is_registered_healthy(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    ending = machine.boot()
    assert (ending.error, ending.record["outcome"], machine.row_status) == (
        None,
        "registered",
        "healthy",
    )


def test_a_happy_boot_runs_every_step_once_in_order(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    steps = [step["name"] for step in machine.record["steps"]]
    parallel = [name for name in steps if name != "pull_image"]
    assert parallel == [name for name in STEPS if name != "pull_image"]
    assert set(machine.statuses.values()) == {"done"}


def test_a_happy_boot_leaves_the_container_running_with_its_restrictions(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    found = machine.world.engine.containers[NAME]
    assert (found.status, found.read_only_root, found.user, found.restart_policy) == (
        "running",
        True,
        "1000:1000",
        "no",
    )
    assert [(bind.source, bind.read_only) for bind in found.binds] == [
        (f"{tmp_path}/volume/databases", True)
    ]


def test_a_happy_boot_leaves_the_volume_sealed_and_mounted_read_only(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    entry = machine.world.mounts.table[tmp_path / "volume"]
    assert (entry.source, "ro" in entry.options, machine.world.block_devices.sealed) == (
        "/dev/nvme1n1",
        True,
        {"/dev/nvme1n1"},
    )


def test_a_happy_boot_tells_everyone_who_waits(tmp_path: Path) -> None:
    waiting = (FakeOrchestrator("cloudformation"), FakeOrchestrator("autoscaling"))
    machine = Machine.make(tmp_path, orchestrators=waiting)
    machine.boot()
    assert machine.told == [Told(success=True, reason=KEY)] * 2
    assert machine.record["steps"][-1]["facts"] == {
        "cloudformation": "accepted",
        "autoscaling": "accepted",
    }


def test_a_happy_boot_records_the_row_that_it_wrote(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    assert machine.record["row"] == machine.world.instance_registry.rows[KEY]


def test_a_happy_boot_records_what_each_step_found(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    container_id = machine.world.engine.containers[NAME].container_id
    assert {step["name"]: step["facts"] for step in machine.record["steps"]} == {
        "identity": {"instance_id": KEY, "region": "eu-central-1"},
        "find_volume": {
            "volume_id": "vol-0123456789abcdef0",
            "snapshot_id": "snap-0123456789abcdef0",
            "device": "/dev/nvme1n1",
            "volume_check": "verified",
        },
        "await_device": {"device": "/dev/nvme1n1", "filesystem": "xfs"},
        "mount": {"mount_point": f"{tmp_path}/volume", "journal_replayed": False},
        "verify_snapshot": {
            "databases": ["sec"],
            "size_bytes": 3 * 4096,
            "storage_versions": [41],
            "manifest": "none",
            "taken_at": iso_utc(SNAPSHOT.started_at),
            "age_by": "ec2",
        },
        "pull_image": {"downloaded_bytes": 5000, "image": IMAGE_BY_DIGEST, "digest": DIGEST},
        "open_databases": {"version_check": "passed", "engine": "ladybug 0.22.0"},
        "start_container": {
            "container_id": container_id,
            "started_here": True,
        },
        "await_healthy": {"database_count": 1},
        "await_warm": {"hydration": "off", "pct": 0.0, "hot_blocks": 0, "maps": {}},
        "register": {"table": "instance-registry", "written": True},
        "signal": {"cloudformation": "accepted"},
    }


def test_a_tag_is_recorded_with_its_digest(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, config={"container.image": IMAGE_BY_TAG})
    machine.boot()
    row = machine.world.instance_registry.rows[KEY]
    assert (row["image"], row["image_digest"]) == (IMAGE_BY_TAG, DIGEST)


def test_an_image_without_a_label_boots_with_the_check_skipped(tmp_path: Path) -> None:
    clock = FakeClock()
    machine = Machine.make(tmp_path, clock, engine=FakeEngine(clock, labels={}))
    machine.boot()
    assert machine.world.instance_registry.rows[KEY]["version_check"] == "skipped"


def test_a_signal_that_nobody_expects_is_normal(tmp_path: Path) -> None:
    waiting = (FakeOrchestrator(verdict="not_expected", detail="cannot be signaled"),)
    ending = Machine.make(tmp_path, orchestrators=waiting).boot()
    assert ending.record["outcome"] == "registered"


def test_a_rerun_changes_nothing(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    container, row = machine.world.engine.containers[NAME], machine.record["row"]
    mounts = dict(machine.world.mounts.table)
    machine.boot()
    assert machine.world.engine.containers[NAME] == container
    assert machine.world.instance_registry.rows[KEY]["write_id"] == row["write_id"]
    assert machine.world.mounts.table == mounts


def test_a_rerun_needs_no_image_registry(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    machine.world.engine.refuses.update(pull=DOWN, resolve=DOWN)
    offline = replace(machine.world, image_registry=FakeImageRegistry(raises=DOWN))
    assert replace(machine, world=offline).boot().error is None


def test_a_rerun_takes_no_time(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    assert machine.boot().record["total_s"] == 0.0


def test_a_rerun_stops_no_container_that_it_did_not_start(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    machine.world.instance_registry.raises = ExternalFailure("aws_throttled", "throttled")
    assert machine.boot().record["outcome"] == "failed"
    assert machine.container_status == "running"


def test_a_rerun_after_a_failure_converges(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.world.instance_registry.raises = ExternalFailure("aws_throttled", "throttled")
    machine.boot()
    machine.world.instance_registry.raises = None
    machine.boot()
    assert (machine.container_status, machine.row_status) == ("running", "healthy")


def test_a_rerun_after_a_reboot_converges(tmp_path: Path) -> None:
    before = Machine.make(tmp_path)
    before.boot()
    row = before.record["row"]
    engine = before.world.engine
    stopped = replace(engine.containers[NAME], status="exited", exit_code=137)
    engine.containers[NAME] = stopped
    devices = FakeBlockDevices(before.clock)
    (tmp_path / "after").mkdir()
    after = Machine.make(
        tmp_path / "after",
        before.clock,
        block_devices=devices,
        mounts=FakeMounts(devices),
        engine=engine,
        instance_registry=before.world.instance_registry,
        machine=FakeMachine(boot=BootIdentity(boot_id="b2", booted_at=BOOT.booted_at + 600)),
    )
    after.boot()
    assert (after.container_status, after.row_status) == ("running", "healthy")
    assert engine.containers[NAME].container_id != stopped.container_id
    assert after.record["row"]["registration_id"] != row["registration_id"]
