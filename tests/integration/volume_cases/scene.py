"""What one case is made of while it runs: an image, disks, EC2's word, and a place to mount."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from fakes.clock import FakeClock
from fakes.instance import SNAPSHOT, VOLUME, FakeEc2, FakeMetadata
from integration.volume_cases.originals import Originals
from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.mount_table import FSTAB, MOUNTINFO
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Clock, SystemClock
from ladybug_agent.model.storage import AttachedVolume, SnapshotFacts
from ladybug_agent.ports.storage import BlockDevices, Mounts
from ladybug_lab.volumes.image import LoopDevice
from support.volumes import content_hash, copy_image

FULL_ID_DIGITS = 17


def a_volume_id() -> str:
    """Return one that no other test of this machine uses now."""
    return f"vol-{uuid.uuid4().hex[:FULL_ID_DIGITS]}"


@dataclass(slots=True, kw_only=True)
class Scene:
    """Arrangements of a case add to it, and leave with `cleanup` how to take that away again."""

    directory: Path
    mount_point: Path
    originals: Originals
    cleanup: ExitStack
    clock: Clock = field(default_factory=SystemClock)
    volume: AttachedVolume = field(
        default_factory=lambda: replace(VOLUME, volume_id=a_volume_id(), size_gib=1)
    )
    node: str = ""
    """The data disk's node, as the agent gets to know it."""
    loops: list[LoopDevice] = field(default_factory=list)
    """All of the case's disks; the data disk is the first."""
    images: list[Path] = field(default_factory=list)
    """All of the case's images; that of the data disk is the first."""
    pages: dict[str, bytes] = field(default_factory=dict)
    """What the controllers say of themselves, by node; the others cannot be asked."""
    sysfs: Path = Path("/sys")
    appears_after_s: float | None = None
    """Only with a fake clock: when the data disk comes."""
    ec2: FakeEc2 = field(default_factory=FakeEc2)
    metadata: FakeMetadata = field(default_factory=FakeMetadata)
    mountinfo: Path = MOUNTINFO
    fstab: Path = FSTAB
    let_go: Callable[[], None] = lambda: None
    """Ends what hangs; called when the agent has answered."""
    wrap_mounts: Callable[[Mounts], Mounts] = lambda mounts: mounts

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def image(self) -> Path:
        return self.images[0]

    @property
    def loop(self) -> LoopDevice:
        return self.loops[0]

    @property
    def snapshot(self) -> SnapshotFacts:
        """A snapshot of yesterday, encrypted and complete."""
        started_at = self.clock.utcnow() - timedelta(days=1)
        return replace(SNAPSHOT, snapshot_id=self.volume.snapshot_id, started_at=started_at)

    def add_image(self, original: Path, name: str) -> Path:
        """Copy an image; it is removed with the case."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        copy_image(original, path)
        self.images.append(path)
        return path

    def hashes(self) -> dict[Path, str]:
        return {image: content_hash(image) for image in self.images}

    def block_devices(self) -> BlockDevices:
        return KernelBlockDevices(sysfs=self.sysfs, identify=self._identify)

    def mounts(self) -> Mounts:
        return self.wrap_mounts(SystemMounts(mountinfo=self.mountinfo, fstab=self.fstab))

    def fake_clock(self) -> FakeClock:
        """Return the clock of a case that asked for one that nobody has to wait for."""
        assert isinstance(self.clock, FakeClock)
        return self.clock

    def filled_in(self, words: str) -> str:
        """Return the words with the names of this very case in them."""
        return words.format(
            node=self.node,
            volume_id=self.volume.volume_id,
            serial=self.volume.volume_id.replace("-", ""),
            snapshot_id=self.volume.snapshot_id,
            directory=self.directory,
            mount_point=self.mount_point,
        )

    def remove(self) -> None:
        shutil.rmtree(self.directory)

    def _identify(self, node: str) -> bytes:
        if node not in self.pages:
            raise PermissionError(f"{node} may not be asked")
        return self.pages[node]
