"""The end of a checkpoint: written out of sight, and sealed again whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.databases import database_bytes
from fakes.engine import FakeEngine
from fakes.evidence import a_database, a_device, a_mount, a_spec
from fakes.mounts import FakeMounts
from fakes.one_shot import ended, opens_all
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Cancelled, DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model.containers import ONE_SHOT_LABEL, OneShotResult, OneShotSpec
from ladybug_agent.resources.engine.run import EngineRules
from ladybug_agent.resources.recovery import Workshop, ensure_no_workshop, recover
from ladybug_agent.resources.snapshot import PendingRecovery

CONTENTS = {
    "databases/sec.lbug": database_bytes(),
    "databases/sec.lbug.shadow": b"half",
    "databases/industry.lbug": database_bytes(),
}


@dataclass(frozen=True, slots=True)
class Bench:
    """A mounted and sealed volume with two cut checkpoints, and an engine that ends them."""

    pending: PendingRecovery
    workshop: Workshop
    devices: FakeBlockDevices
    mounts: FakeMounts
    engine: FakeEngine
    deadline: Deadline

    def recover(self) -> None:
        recover(self.pending, self.workshop, self.deadline)

    def fails(self, kind: type[AgentError]) -> AgentError:
        with pytest.raises(kind) as caught:
            self.recover()
        return caught.value

    @property
    def is_put_away(self) -> bool:
        """Whether nothing is mounted any more, and the device is sealed."""
        return not self.mounts.table and self.devices.sealed == {DISK.node}


@pytest.fixture
def bench(tmp_path: Path, clock: FakeClock, deadline: Deadline) -> Bench:
    devices = FakeBlockDevices(clock, sealed=True)
    mounts, engine = FakeMounts(devices, contents=CONTENTS), FakeEngine(clock)
    mount_point = tmp_path / "volume"
    mounts.mount(DISK.node, mount_point, "xfs", ("ro",), deadline)
    return Bench(
        pending=PendingRecovery(
            mount=a_mount(mount_point, device=a_device(devices=devices)),
            databases=(a_database("sec"), a_database("industry")),
        ),
        workshop=Workshop(
            mounts=mounts,
            kernel_log=devices.kernel_log,
            engine=engine,
            rules=a_config(tmp_path).data,
            directory=tmp_path / "state" / "recovery",
            image_id="sha256:1",
            engine_rules=EngineRules(
                container="check", python="python3", uid=1000, memory_bytes=2**29
            ),
        ),
        devices=devices,
        mounts=mounts,
        engine=engine,
        deadline=deadline,
    )


def test_each_database_is_written_on_the_private_mount_alone(bench: Bench) -> None:
    seen: list[OneShotSpec] = []

    def finish(spec: OneShotSpec) -> OneShotResult:
        (entry,) = bench.mounts.table.values()
        assert (entry.target, "rw" in entry.options) == (bench.workshop.directory, True)
        assert entry.options >= {"nodev", "nosuid", "noexec", "nouuid"}
        assert not bench.devices.sealed
        seen.append(spec)
        (Path(spec.data.source) / "sec.lbug.shadow").unlink(missing_ok=True)
        return opens_all(spec)

    bench.engine.one_shot = finish
    bench.recover()
    source = str(bench.workshop.directory / "databases")
    assert [(s.data.source, s.data.read_only) for s in seen] == [(source, False)] * 2
    assert bench.is_put_away
    assert sorted(bench.mounts.contents) == ["databases/industry.lbug", "databases/sec.lbug"]


def test_the_private_directory_is_for_root_alone(bench: Bench) -> None:
    bench.recover()
    assert bench.workshop.directory.stat().st_mode & 0o777 == 0o700


def test_an_engine_that_cannot_do_it_is_refused_and_all_is_put_away(bench: Bench) -> None:
    bench.engine.one_shot = lambda _: ended(exit_code=139)
    assert bench.fails(Refused).code == "snapshot_recovery_failed"
    assert bench.is_put_away


def test_an_engine_that_fails_otherwise_leaves_all_put_away(bench: Bench) -> None:
    def fail(spec: OneShotSpec) -> OneShotResult:
        raise ExternalFailure("engine_unreachable", f"nobody runs {spec.name}")

    bench.engine.one_shot = fail
    assert bench.fails(ExternalFailure).code == "engine_unreachable"
    assert bench.is_put_away


def test_a_checkpoint_that_takes_too_long_leaves_all_put_away(
    bench: Bench, clock: FakeClock
) -> None:
    def linger(spec: OneShotSpec) -> OneShotResult:
        clock.advance(10_000)
        bench.deadline.check(f"the end of {spec.name}")
        raise AssertionError

    bench.engine.one_shot = linger
    assert "the end of" in str(bench.fails(DeadlineExceeded))
    assert bench.is_put_away


def test_a_boot_that_is_stopped_meanwhile_leaves_all_put_away(bench: Bench) -> None:
    def stop(spec: OneShotSpec) -> OneShotResult:
        bench.deadline.cancel()
        bench.deadline.check(f"the end of {spec.name}")
        raise AssertionError

    bench.engine.one_shot = stop
    assert "the end of" in str(bench.fails(Cancelled))
    assert bench.is_put_away


def test_a_volume_that_cannot_be_mounted_writable_is_sealed_again(bench: Bench) -> None:
    bench.mounts.raises = ExternalFailure("command_failed", "mount: no")
    bench.fails(ExternalFailure)
    assert bench.is_put_away
    assert not bench.devices.state.written


def test_a_private_directory_that_cannot_be_made_stops_before_the_seal_is_broken(
    bench: Bench,
) -> None:
    bench.workshop.directory.parent.touch()
    assert bench.fails(ExternalFailure).code == "mount_point_not_made"
    assert bench.is_put_away


def test_a_disk_that_was_replaced_meanwhile_is_never_opened_for_writing(bench: Bench) -> None:
    bench.devices.state.replaced_after_looks = 0
    assert bench.fails(Refused).code == "device_replaced"
    assert not bench.devices.state.written


def test_what_a_killed_run_left_mounted_is_unmounted(
    bench: Bench, deadline: Deadline, tmp_path: Path
) -> None:
    directory = bench.workshop.directory
    bench.devices.state.sealed = False
    bench.mounts.mount(DISK.node, directory, "xfs", ("rw",), deadline)
    ensure_no_workshop(bench.mounts, bench.engine, "check", directory, deadline)
    assert list(bench.mounts.table) == [tmp_path / "volume"]
    ensure_no_workshop(bench.mounts, bench.engine, "check", directory, deadline)


def test_the_container_that_a_killed_run_left_is_ended_before_its_mount(
    bench: Bench, deadline: Deadline, tmp_path: Path
) -> None:
    directory = bench.workshop.directory
    bench.devices.state.sealed = False
    bench.mounts.mount(DISK.node, directory, "xfs", ("rw",), deadline)
    bench.engine.run(replace(a_spec(tmp_path), name="check", labels={ONE_SHOT_LABEL: "1"}))
    ensure_no_workshop(bench.mounts, bench.engine, "check", directory, deadline)
    assert (bench.engine.container("check"), directory in bench.mounts.table) == (None, False)


def test_a_volume_that_may_be_somebody_elses_is_not_written_to(bench: Bench) -> None:
    device = bench.pending.mount.device
    unknown = replace(device.volume, attached=None, unverified="aws_access_denied")
    mount = replace(bench.pending.mount, device=replace(device, volume=unknown))
    with pytest.raises(Refused) as caught:
        recover(replace(bench.pending, mount=mount), bench.workshop, bench.deadline)
    assert (caught.value.code, bench.devices.state.written) == ("volume_write_unverified", False)
