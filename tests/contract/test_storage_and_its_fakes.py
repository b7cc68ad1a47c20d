"""One suite for a real disk with its filesystem and for the fakes that stand for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.support.loops import attached_loop, disk_at
from fakes.clock import FakeClock
from fakes.mounts import FakeMounts
from fakes.storage import FakeBlockDevices
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.ports.storage import Mounts, PinnedDevice
from ladybug_agent.resources.mount import OPTIONS, XFS_OPTIONS
from support.volumes import make_journal_dirty

READ_ONLY = OPTIONS + XFS_OPTIONS
FILE = Path("databases/sec.lbug")


@dataclass(frozen=True, slots=True)
class Storage:
    """A disk with an XFS filesystem, held open and not mounted, and the mount table."""

    device: PinnedDevice
    mounts: Mounts
    target: Path
    deadline: Deadline

    def mount(self, *options: str) -> None:
        node = self.device.disk.node
        self.mounts.mount(node, self.target, "xfs", options or READ_ONLY, self.deadline)

    def replay(self) -> None:
        node = self.device.disk.node
        self.mounts.replay_journal(node, self.target, "xfs", READ_ONLY, self.deadline)

    def unmount(self) -> None:
        self.mounts.unmount(self.target, self.deadline)

    def put_away(self) -> None:
        """Unmount what a test that failed has left."""
        if self.mounts.at(self.target) is not None:
            self.unmount()

    def journal(self) -> str:
        return self.device.journal("xfs", self.deadline)


Make = Callable[[bool], Storage]


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.integration)])
def make(request: pytest.FixtureRequest, tmp_path: Path, deadline: Deadline) -> Iterator[Make]:
    """Return a function that makes the storage, with a dirty journal or a clean one."""
    target = tmp_path / "volume"
    target.mkdir()
    with ExitStack() as stack:

        def fake(dirty: bool) -> Storage:  # noqa: FBT001 - the one thing that it is asked for
            devices = FakeBlockDevices(FakeClock(), dirty=dirty)
            device = stack.enter_context(devices.pin(devices.present[0]))
            return Storage(device, FakeMounts(devices), target, deadline)

        def real(dirty: bool) -> Storage:  # noqa: FBT001
            image: Path = request.getfixturevalue("xfs_image")
            if dirty:
                make_journal_dirty(image)
            disk = disk_at(stack.enter_context(attached_loop(image)))
            device = stack.enter_context(KernelBlockDevices().pin(disk))
            storage = Storage(device, SystemMounts(), target, deadline)
            stack.callback(storage.put_away)
            return storage

        yield {"fake": fake, "real": real}[request.param]


@pytest.fixture
def clean(make: Make) -> Storage:
    return make(False)  # noqa: FBT003


@pytest.fixture
def dirty(make: Make) -> Storage:
    return make(True)  # noqa: FBT003


def test_a_pinned_disk_is_the_one_that_was_found(clean: Storage) -> None:
    clean.device.check()
    assert clean.device.size_bytes() == clean.device.disk.size_bytes
    clean.device.read_block(0, clean.deadline)
    probe = clean.device.probe(clean.deadline)
    assert (probe.filesystem, bool(probe.uuid)) == ("xfs", True)


def test_a_seal_holds_until_it_is_taken_off(clean: Storage) -> None:
    assert not clean.device.is_sealed()
    for sealed in (True, True, False):
        clean.device.set_sealed(sealed=sealed)
        assert clean.device.is_sealed() is sealed


def test_a_mount_is_in_the_table_until_it_is_unmounted(clean: Storage) -> None:
    clean.device.set_sealed(sealed=True)
    assert clean.mounts.at(clean.target) is None
    clean.mount()
    entry = clean.mounts.at(clean.target)
    assert entry is not None
    assert entry in clean.mounts.entries()
    assert (entry.device_number, entry.root) == (clean.device.disk.device_number, "/")
    assert (entry.filesystem, entry.options >= set(OPTIONS)) == ("xfs", True)
    assert clean.mounts.device_number_at(clean.target) == entry.device_number
    assert (clean.target / FILE).is_file()
    clean.unmount()
    assert clean.mounts.at(clean.target) is None
    assert not (clean.target / FILE).exists()
    assert clean.mounts.device_number_at(clean.target) != entry.device_number


def test_each_mount_has_a_number_of_its_own(clean: Storage) -> None:
    numbers = []
    for _ in range(2):
        clean.mount()
        entry = clean.mounts.at(clean.target)
        assert entry is not None
        numbers.append(entry.mount_id)
        clean.unmount()
    assert len(numbers) == 2


def test_what_is_not_mounted_cannot_be_unmounted(clean: Storage) -> None:
    with pytest.raises(ExternalFailure) as failure:
        clean.unmount()
    assert failure.value.code == "command_failed"


def test_a_sealed_disk_is_never_mounted_writable(clean: Storage) -> None:
    """mount(8) mounts it read-only instead, and warns; the fake refuses."""
    clean.device.set_sealed(sealed=True)
    with suppress(ExternalFailure):
        clean.mount("rw", "nouuid")
    entry = clean.mounts.at(clean.target)
    assert entry is None or "ro" in entry.options


def test_what_is_written_on_a_writable_mount_is_there_after_it(clean: Storage) -> None:
    clean.mount("rw", "nouuid")
    (clean.target / "databases" / "new").write_bytes(b"new")
    clean.unmount()
    clean.device.set_sealed(sealed=True)
    clean.mount()
    assert (clean.target / "databases" / "new").read_bytes() == b"new"
    clean.unmount()


def test_a_sealed_disk_with_a_dirty_journal_asks_for_its_replay(dirty: Storage) -> None:
    dirty.device.set_sealed(sealed=True)
    assert dirty.journal() == "dirty"
    with pytest.raises(NotYet) as failure:
        dirty.mount()
    assert failure.value.code == "mount_needs_journal_replay"
    assert dirty.mounts.at(dirty.target) is None


def test_a_replay_leaves_a_clean_journal_and_no_mount(dirty: Storage) -> None:
    dirty.replay()
    assert dirty.mounts.at(dirty.target) is None
    assert dirty.journal() == "clean"
    dirty.device.set_sealed(sealed=True)
    dirty.mount()
    assert (dirty.target / FILE).is_file()
    dirty.unmount()


def test_a_mount_point_without_a_line_in_fstab_has_none(clean: Storage) -> None:
    assert clean.mounts.fstab_line(clean.target) is None
