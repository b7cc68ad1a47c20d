"""The instance as AWS and the kernel know it: metadata, EC2 and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fakes.clock import STARTED_AT, FakeClock
from ladybug_agent.errors import AgentError, NotYet
from ladybug_agent.model import BootIdentity, Credentials, InstanceIdentity, Load
from ladybug_agent.model.hydration import DiskReads, Initialization
from ladybug_agent.model.storage import AttachedVolume, SnapshotFacts

FOREVER = 10**9
GIB = 1024**3

IDENTITY = InstanceIdentity(
    instance_id="i-0123456789abcdef0",
    account_id="123456789012",
    region="eu-central-1",
    availability_zone="eu-central-1a",
    instance_type="r7g.medium",
    private_ip="10.0.1.23",
    private_dns="ip-10-0-1-23.eu-central-1.compute.internal",
    vpc_id="vpc-0123456789abcdef0",
    launched_at=datetime(2026, 2, 6, 11, 59, 30, tzinfo=UTC),
    target_lifecycle_state="InService",
)
VOLUME = AttachedVolume(
    volume_id="vol-0123456789abcdef0",
    device_name="/dev/xvdf",
    attachment_state="attached",
    delete_on_termination=True,
    snapshot_id="snap-0123456789abcdef0",
    size_gib=100,
    iops=3000,
    encrypted=True,
)
ROOT_VOLUME = replace(
    VOLUME,
    volume_id="vol-0fedcba9876543210",
    device_name="/dev/xvda",
    snapshot_id="snap-0aaaaaaaaaaaaaaaa",
    size_gib=30,
)
SNAPSHOT = SnapshotFacts(
    snapshot_id=VOLUME.snapshot_id,
    state="completed",
    started_at=STARTED_AT - timedelta(days=1),
    encrypted=True,
    volume_id="vol-0bbbbbbbbbbbbbbbb",
)
MAPPING = {"ami": "xvda", "root": "/dev/xvda", "ebs1": "xvdf"}
BOOT = BootIdentity(boot_id="11111111-2222-3333-4444-555555555555", booted_at=1770379150)


class FakeMetadata:
    """Instance metadata that may be late: it counts the looks, not the time."""

    def __init__(
        self,
        *,
        unreachable_for: int = 0,
        credentials_missing_for: int = 0,
        target_lifecycle_state: str | None = "InService",
        mapping: Mapping[str, str] = MAPPING,
        mapping_raises: AgentError | None = None,
        raises: AgentError | None = None,
    ) -> None:
        self._unreachable_for = unreachable_for
        self._credentials_missing_for = credentials_missing_for
        self._identity = replace(IDENTITY, target_lifecycle_state=target_lifecycle_state)
        self._mapping = mapping
        self._mapping_raises = mapping_raises
        self._raises = raises

    def identity(self) -> InstanceIdentity:
        if self._raises:
            raise self._raises
        self._unreachable_for -= 1
        if self._unreachable_for >= 0:
            raise NotYet("imds_unreachable", "instance metadata does not answer", hint="check it")
        return self._identity

    def block_device_mapping(self) -> Mapping[str, str]:
        if self._mapping_raises:
            raise self._mapping_raises
        return self._mapping

    def credentials(self) -> Credentials:
        self._credentials_missing_for -= 1
        if self._credentials_missing_for >= 0:
            raise NotYet("credentials_missing", "found no role in instance metadata")
        return Credentials(
            access_key_id="AKIDEXAMPLE",
            secret_access_key="made-up",
            session_token="made-up",
            expires_at=STARTED_AT + timedelta(hours=6),
        )


class FakeEc2:
    """EC2's view of the volumes: nothing at first, then attaching, then what it was given.

    What it `raises` it raises `for_looks`, or for ever; a `snapshot` that is an error is raised.
    With a clock it notes when it was asked. `initialized` is how far it is with every volume.
    """

    def __init__(
        self,
        *volumes: AttachedVolume,
        appear_after_looks: int = 0,
        attaching_for_looks: int = 0,
        raises: Exception | None = None,
        for_looks: int = FOREVER,
        snapshot: SnapshotFacts | AgentError | None = SNAPSHOT,
        clock: FakeClock | None = None,
    ) -> None:
        self.initialized: Initialization | AgentError | None = None
        self._volumes = volumes or (ROOT_VOLUME, VOLUME)
        self._appear_after_looks = appear_after_looks
        self._attaching_until_look = appear_after_looks + attaching_for_looks
        self._raises = raises
        self._fails_until_look = for_looks
        self._snapshot = snapshot
        self._clock = clock
        self.looks = 0
        self.snapshot_looks = 0
        self.looked_at_s: list[float] = []

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        self.looks += 1
        if self._clock:
            self.looked_at_s.append(self._clock.passed_s)
        if self._raises and self.looks <= self._fails_until_look:
            raise self._raises
        if instance_id != IDENTITY.instance_id or self.looks <= self._appear_after_looks:
            return ()
        if self.looks <= self._attaching_until_look:
            return tuple(replace(v, attachment_state="attaching") for v in self._volumes)
        return self._volumes

    def snapshot(self, snapshot_id: str) -> SnapshotFacts | None:
        self.snapshot_looks += 1
        if isinstance(self._snapshot, AgentError):
            raise self._snapshot
        is_known = self._snapshot is not None and self._snapshot.snapshot_id == snapshot_id
        return self._snapshot if is_known else None

    def initialization(self, volume_id: str) -> Initialization | None:
        if isinstance(self.initialized, AgentError):
            raise self.initialized
        is_known = any(volume.volume_id == volume_id for volume in self._volumes)
        return self.initialized if is_known else None


class FakeMachine:
    """A machine of 16 GiB that has been up for a minute."""

    def __init__(
        self,
        *,
        is_root: bool = True,
        boot: BootIdentity = BOOT,
        memory_total_bytes: int = 16 * GIB,
        load: Load | None = None,
    ) -> None:
        self.root = is_root
        self._boot = boot
        self._memory_total_bytes = memory_total_bytes
        self.memory_available = memory_total_bytes // 2
        self.reads = 0
        self._load = load or Load(cpu_pct=12.5, memory_pct=20.0, data_reads_per_s=30.0)

    def is_root(self) -> bool:
        return self.root

    def boot(self) -> BootIdentity:
        return self._boot

    def memory_total_bytes(self) -> int:
        return self._memory_total_bytes

    def memory_available_bytes(self) -> int:
        return self.memory_available

    def disk_reads(self, device_number: str) -> DiskReads:
        del device_number  # every disk is as busy
        return DiskReads(self.reads, 512 * 1024)

    def load(self, data_device_number: str | None) -> Load:
        if data_device_number is None:
            return replace(self._load, data_reads_per_s=0.0)
        return self._load  # the machine is as busy with every disk
