"""The journal of the filesystem: replayed once where it must be, and never left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.evidence import a_device
from fakes.fault import fails
from fakes.mounts import FakeMounts
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet, Refused
from ladybug_agent.resources.mount import DataMount, ensure_mounted

STUBBORN = NotYet("mount_needs_journal_replay", "the journal wants a write")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnt" / "ladybug-data"


def a_dirty_world(clock: FakeClock, *, disk: dict[str, Any] | None = None, **how: Any) -> FakeWorld:
    devices = FakeBlockDevices(clock, **{"dirty": True, **(disk or {})})
    return a_world(clock, block_devices=devices, mounts=FakeMounts(devices, **how))


def ensure(
    world: FakeWorld, path: Path, deadline: Deadline, *, policy: str = "replay"
) -> DataMount:
    rules = a_config(path, **{"data.mount_point": str(path), "data.on_dirty_journal": policy}).data
    return ensure_mounted(world, a_device(devices=world.block_devices), rules, deadline)


@pytest.mark.parametrize("has_tool", [True, False], ids=["known", "unknown"])
def test_a_dirty_journal_is_replayed_once_and_the_device_sealed_again(
    *, has_tool: bool, path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    """Whether a tool tells before the mount, or only the kernel at the mount."""
    world = a_dirty_world(clock, disk={"has_journal_tool": has_tool})
    first = ensure(world, path, deadline)
    again = ensure(world, path, deadline)
    assert (first.journal_replayed, again.journal_replayed) == (True, False)
    assert (world.block_devices.state.journal_replays, world.block_devices.sealed) == (
        1,
        {DISK.node},
    )
    assert "ro" in world.mounts.table[path].options


def test_a_clean_journal_that_nobody_can_tell_costs_no_write(
    path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock, disk={"dirty": False, "has_journal_tool": False})
    mount = ensure(world, path, deadline)
    assert (mount.journal_replayed, world.block_devices.state.written) == (False, False)


def test_nothing_is_ever_mounted_without_its_journal(
    path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock)
    ensure(world, path, deadline)
    assert world.mounts.table[path].options.isdisjoint({"norecovery", "noload"})


@pytest.mark.parametrize("has_tool", [True, False], ids=["known", "unknown"])
def test_a_dirty_journal_is_refused_untouched_if_the_configuration_says_so(
    *, has_tool: bool, path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock, disk={"has_journal_tool": has_tool})
    with pytest.raises(Refused, match="while its filesystem was in use") as caught:
        ensure(world, path, deadline, policy="refuse")
    assert (caught.value.code, world.mounts.table) == ("filesystem_dirty", {})
    assert (world.block_devices.state.written, world.block_devices.sealed) == (False, {DISK.node})


def test_a_clean_journal_is_mounted_whatever_the_policy(
    path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock, disk={"dirty": False})
    assert ensure(world, path, deadline, policy="refuse").path == path


def test_a_journal_that_is_dirty_again_after_its_replay_is_refused(
    path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock, disk={"stays_dirty": True})
    with pytest.raises(ExternalFailure, match="was replayed, and is dirty again") as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, world.mounts.table) == ("filesystem_still_dirty", {})
    assert (world.block_devices.state.journal_replays, world.block_devices.sealed) == (
        1,
        {DISK.node},
    )


def test_a_mount_that_always_wants_a_replay_is_refused(
    path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    world = a_dirty_world(clock, raises=STUBBORN)
    with pytest.raises(ExternalFailure) as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, caught.value.__cause__) == ("filesystem_still_dirty", STUBBORN)
    assert (world.block_devices.sealed, world.mounts.table) == ({DISK.node}, {})


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (fails("command_failed"), "filesystem_journal_corrupt"),
        (fails("command_unkillable"), "device_unresponsive"),
        (fails("command_missing"), "command_missing"),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_a_replay_that_fails_leaves_the_device_sealed(
    failure: ExternalFailure, code: str, path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    says = ("XFS (nvme1n1): failed to find log head",)
    world = a_dirty_world(clock, replay_raises=failure, kernel_says=says)
    with pytest.raises(ExternalFailure) as caught:
        ensure(world, path, deadline)
    assert (caught.value.code, world.block_devices.sealed, world.mounts.table) == (
        code,
        {DISK.node},
        {},
    )


def test_a_replay_is_seen_by_nobody(path: Path, clock: FakeClock, deadline: Deadline) -> None:
    world = a_dirty_world(clock, raises=fails("command_failed"))
    with pytest.raises(ExternalFailure):
        ensure(world, path, deadline)
    assert (world.block_devices.state.journal_replays, world.mounts.table) == (1, {})
