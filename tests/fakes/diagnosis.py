"""A replica that serves, as a diagnosis sees it, with switches to break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fakes.aws_looks import FakeAws, FakeReach
from fakes.build import FakeWorld
from fakes.kernel_log import FakeKernelLog
from fakes.leaving import FakeAnnouncements
from fakes.tick import FakeCounters, FakeDisks, Replica
from fakes.timeline import DATA
from fakes.units import boot_files_in, our_units
from ladybug_agent.clock import Deadline
from ladybug_agent.diagnose.catalogue import CHECKS
from ladybug_agent.diagnose.check import Check, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.selection import Selection
from ladybug_agent.diagnose.take import take_diagnosis
from ladybug_agent.errors import AgentError
from ladybug_agent.model import BootIdentity, DiskSpace, KernelLine, LoadSample
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.ports.diagnosis import AskDatabases, DatabaseSeen, DiagnosisWorld

GIB = 2**30
ROOM = DiskSpace(
    device=1, free_bytes=20 * GIB, total_bytes=30 * GIB, free_inodes=900, total_inodes=1000
)


class FakeAllDisks(FakeDisks):
    def __init__(self, world: FakeWorld) -> None:
        super().__init__(world)
        self._block_devices = world.block_devices

    def disks(self) -> tuple[BlockDevice, ...]:
        return self._block_devices.disks()

    def is_sealed(self, device_number: str) -> bool:
        found = (d for d in self._block_devices.disks() if d.device_number == device_number)
        return any(disk.node in self._block_devices.sealed for disk in found)


@dataclass(slots=True)
class FakePast:
    """The kernel's log: what was written `ages_s` ago, or just now."""

    log: FakeKernelLog
    now_s: float
    older: list[KernelLine] = field(default_factory=list)
    raises: OSError | None = None

    def lines(self) -> tuple[KernelLine, ...]:
        if self.raises:
            raise self.raises
        recent = (KernelLine(at_s=self.now_s, text=text) for text in self.log.lines)
        return (*self.older, *recent)


@dataclass(slots=True)
class FakeContents:
    """The volume's contents; `bad` databases are found to be so, and reads may fail."""

    bad: list[DatabaseSeen] = field(default_factory=list)
    raises: AgentError | None = None
    asked: list[AskDatabases] = field(default_factory=list)

    def read_block(self, node: str, deadline: Deadline) -> None:
        deadline.check(f"a read of {node}")
        if self.raises:
            raise self.raises

    def databases(self, ask: AskDatabases, deadline: Deadline) -> tuple[DatabaseSeen, ...]:
        deadline.check(f"the databases in {ask.directory}")
        self.asked.append(ask)
        known = {one.name: one for one in self.bad}
        return tuple(known.get(n, DatabaseSeen(name=n, size_bytes=4096)) for n in ask.names)


@dataclass(slots=True)
class FakeWholeMachine:
    """A machine of 16 GiB with room on its one disk; a `space` by path overrides that."""

    counters: FakeCounters
    root: bool = True
    total_bytes: int = 16 * GIB
    available_bytes: int = 8 * GIB
    spaces: dict[str, DiskSpace] = field(default_factory=dict)

    def is_root(self) -> bool:
        return self.root

    def boot(self) -> BootIdentity:
        return self.counters.boot()

    def sample(self, data_device_number: str | None) -> LoadSample:
        return self.counters.sample(data_device_number)

    def memory_total_bytes(self) -> int:
        return self.total_bytes

    def memory_available_bytes(self) -> int:
        return self.available_bytes

    def space(self, path: str) -> DiskSpace | None:
        return self.spaces.get(path, ROOM)


@dataclass(slots=True)
class FakeSession:
    raises: AgentError | None = None

    def begin(self) -> None:
        if self.raises:
            raise self.raises


class Patient:
    """A replica that serves and is healthy, until a test breaks a part of it."""

    def __init__(self, tmp_path: Path, config: Mapping[str, object] | None = None) -> None:
        self.replica = Replica(tmp_path, **(config or {}))
        self.clock, self.config = self.replica.clock, self.replica.machine.config
        self.surroundings = self.replica.world
        self.past = FakePast(self.surroundings.kernel_log, self.clock.monotonic())
        self.contents = FakeContents()
        self.machine = FakeWholeMachine(self.replica.counters)
        self.session = FakeSession()
        self.notices = FakeAnnouncements()
        self.aws = FakeAws(self.surroundings.instance_registry)
        self.reach = FakeReach()
        self.units = our_units(self.clock)
        self.boot_files = boot_files_in(tmp_path)
        good = (DATA / "cloud_init/status-22.2.json").read_text(encoding="utf-8")
        self.boot_files.cloud_init_status.write_text(good)
        self.config_error: AgentError | None = None
        self.is_quick = False

    @property
    def world(self) -> DiagnosisWorld:
        return DiagnosisWorld(
            containers=self.surroundings.engine,
            service=self.surroundings.http,
            mounts=self.surroundings.mounts,
            disks=FakeAllDisks(self.surroundings),
            kernel_log=self.past,
            contents=self.contents,
            machine=self.machine,
            session=self.session,
            metadata=self.surroundings.metadata,
            notices=self.notices,
            aws=self.aws.looks,
            reach=self.reach,
            units=self.units,
            boot_files=self.boot_files,
        )

    def scene(self, *, limit_s: float = 20.0) -> Scene:
        return Scene(
            config=self.config,
            config_error=self.config_error,
            config_file="/etc/ladybug-agent/config.toml",
            world=self.world,
            clock=self.clock,
            deadline=Deadline.after(limit_s, self.clock),
            is_quick=self.is_quick,
        )

    def forget_boot(self) -> None:
        """Leave no word of what the boot left serving, as after one that failed."""
        self.replica.state_dir.served.unlink()

    def spoil_served(self, text: str) -> None:
        self.replica.state_dir.served.write_text(text)

    def diagnose(self, *only: str, checks: Sequence[Check] = CHECKS) -> Diagnosis:
        wish = Selection(only=only, is_quick=self.is_quick)
        return take_diagnosis(self.scene(), checks, wish)

    def result(self, check_id: str) -> Result:
        """Ask one check alone."""
        (found,) = self.diagnose(check_id).results
        return found

    def age(self, text: str, ago_s: float) -> None:
        """Let the kernel have said something so long ago."""
        self.past.older.append(KernelLine(at_s=self.past.now_s - ago_s, text=text))

    def unmount(self) -> None:
        self.surroundings.mounts.table.clear()

    def change_mount(self, **changes: object) -> None:
        table = self.surroundings.mounts.table
        (target,) = table
        table[target] = replace(table[target], **changes)  # type: ignore[arg-type]


def unbooted(tmp_path: Path, config: Mapping[str, object] | None = None) -> Patient:
    """Return a replica whose boot has left nothing serving."""
    patient = Patient(tmp_path, config)
    patient.forget_boot()
    return patient
