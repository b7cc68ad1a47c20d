"""The instance as AWS and the kernel know it: metadata, EC2 and the machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fakes.clock import STARTED_AT
from ladybug_agent.errors import AgentError, NotYet
from ladybug_agent.model import BootIdentity, Credentials, InstanceIdentity, Load
from ladybug_agent.storage_model import AttachedVolume

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
    snapshot_id="snap-0123456789abcdef0",
    size_gib=100,
    iops=3000,
    encrypted=True,
)
BOOT = BootIdentity(boot_id="11111111-2222-3333-4444-555555555555", booted_at=1770379150)


class FakeMetadata:
    """Instance metadata that may be late: it counts the looks, not the time."""

    def __init__(
        self,
        *,
        unreachable_for: int = 0,
        credentials_missing_for: int = 0,
        target_lifecycle_state: str | None = "InService",
        raises: AgentError | None = None,
    ) -> None:
        self._unreachable_for = unreachable_for
        self._credentials_missing_for = credentials_missing_for
        self._identity = replace(IDENTITY, target_lifecycle_state=target_lifecycle_state)
        self._raises = raises

    def identity(self) -> InstanceIdentity:
        if self._raises:
            raise self._raises
        self._unreachable_for -= 1
        if self._unreachable_for >= 0:
            raise NotYet("imds_unreachable", "instance metadata does not answer", hint="check it")
        return self._identity

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
    """EC2's view of the volumes: nothing at first, then attaching, then what it was given."""

    def __init__(
        self,
        *volumes: AttachedVolume,
        appear_after_looks: int = 0,
        attaching_for_looks: int = 0,
        raises: Exception | None = None,
    ) -> None:
        self._volumes = volumes or (VOLUME,)
        self._appear_after_looks = appear_after_looks
        self._attaching_until_look = appear_after_looks + attaching_for_looks
        self._raises = raises
        self.looks = 0

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        if self._raises:
            raise self._raises
        self.looks += 1
        if instance_id != IDENTITY.instance_id or self.looks <= self._appear_after_looks:
            return ()
        if self.looks <= self._attaching_until_look:
            return tuple(replace(v, attachment_state="attaching") for v in self._volumes)
        return self._volumes


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
        self._is_root = is_root
        self._boot = boot
        self._memory_total_bytes = memory_total_bytes
        self._load = load or Load(cpu_pct=12.5, memory_pct=20.0, data_reads_per_s=30.0)

    def is_root(self) -> bool:
        return self._is_root

    def boot(self) -> BootIdentity:
        return self._boot

    def memory_total_bytes(self) -> int:
        return self._memory_total_bytes

    def load(self, data_device_number: str) -> Load:
        del data_device_number  # the machine is as busy with every disk
        return self._load
