"""What one machine of the fleet sees of AWS: the fakes' state behind the account's limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from zlib import crc32

from fakes.clock import FakeClock
from fakes.engine import FakeEngine, FakeImageRegistry
from fakes.instance import IDENTITY, SNAPSHOT, FakeEc2, FakeMetadata
from fakes.registry import FakeRegistry
from fakes.service import FakeHttp
from fleet.account import ONCE, PATIENT, Caller
from fleet.limits import (
    PARTITIONS,
    PULL,
    READ_UNIT_BYTES,
    WRITE_UNIT_BYTES,
    CompleteLifecycleAction,
    DescribeSnapshots,
    DescribeVolumes,
    GetAuthorizationToken,
    GetItem,
    PutItem,
    UpdateItem,
)
from ladybug_agent.adapters.signals import outcome_of
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.model import HttpReply, InstanceIdentity, SignalOutcome
from ladybug_agent.model.containers import ContainerSpec, RegistryLogin
from ladybug_agent.model.storage import AttachedVolume, SnapshotFacts
from ladybug_agent.ports.registry import Heartbeat, LeavingStatus, Row, WriteOutcome

CONNECT_S = 30.0
"""How long the Docker engine waits for a registry that does not answer."""


class FleetMetadata(FakeMetadata):
    def __init__(self, instance_id: str, zone: str) -> None:
        super().__init__()
        self._who = replace(IDENTITY, instance_id=instance_id, availability_zone=zone)

    def identity(self) -> InstanceIdentity:
        return self._who


class FleetEc2(FakeEc2):
    """Every machine has a volume of the same id: nobody compares them."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(snapshot=SNAPSHOT)
        self._caller = caller

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]:
        self._caller.call(DescribeVolumes, attempts=ONCE)
        return super().attached_volumes(IDENTITY.instance_id if instance_id else "")

    def snapshot(self, snapshot_id: str) -> SnapshotFacts | None:
        self._caller.call(DescribeSnapshots, attempts=ONCE)
        return super().snapshot(snapshot_id)


class FleetImageRegistry(FakeImageRegistry):
    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self._caller = caller

    def login(self) -> RegistryLogin:
        self._caller.call(GetAuthorizationToken)
        return super().login()


class FleetEngine(FakeEngine):
    """An engine whose containers answer `start_s` after they were started."""

    def __init__(self, caller: Caller, *, start_s: float, pull_s: float) -> None:
        super().__init__(caller.clock, pull_s=pull_s)
        self._caller = caller
        self._start_s = start_s
        self.answers_at = float("inf")

    def pull(
        self,
        reference: str,
        login: RegistryLogin,
        on_progress: Callable[[int], None],
        deadline: Deadline,
    ) -> None:
        account, clock = self._caller.account, self._caller.clock
        ended = account.answer(PULL, PULL, 1, clock.timeline.now_s)
        if ended:
            deadline.pause(CONNECT_S)
            raise ExternalFailure("image_registry_unreachable", f"no answer about {reference}")
        super().pull(reference, login, on_progress, deadline)

    def run(self, spec: ContainerSpec) -> str:
        self.answers_at = self._caller.clock.monotonic() + self._start_s
        return super().run(spec)


class FleetHttp(FakeHttp):
    def __init__(self, clock: FakeClock, engine: FleetEngine) -> None:
        super().__init__(clock)
        self._engine = engine

    def get(self, url: str) -> HttpReply:
        if self._clock.monotonic() < self._engine.answers_at:
            raise NotYet("health_unreachable", f"nothing answers at {url}")
        return super().get(url)


class FleetHook:
    """The launch lifecycle hook; Auto Scaling acts on what it was told."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.told: bool | None = None

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        del reason

        def send() -> None:
            self._caller.call(CompleteLifecycleAction, attempts=PATIENT if success else ONCE)
            self.told = success

        return outcome_of("autoscaling", CompleteLifecycleAction, send)


class FleetTable:
    """The instance registry as one machine reaches it: its row lies in one of the partitions."""

    def __init__(self, table: FakeRegistry, caller: Caller, *, attempts: int = PATIENT) -> None:
        self._table = table
        self._caller = caller
        self._attempts = attempts
        self.registered_at_s: float | None = None

    def tried(self, attempts: int) -> FleetTable:
        """Return the same table for a client that tries each call so often."""
        return FleetTable(self._table, self._caller, attempts=attempts)

    def row(self, instance_id: str) -> Row | None:
        self._read(instance_id)
        return self._table.row(instance_id)

    def put(self, row: Row, *, now: int) -> None:
        self._write(PutItem, str(row["instance_id"]), row)
        self._table.put(row, now=now)
        self.registered_at_s = self._caller.clock.timeline.now_s

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        self._write(UpdateItem, instance_id, attempts=ONCE)
        return self._table.withdraw(instance_id, registration_id, reason_code=reason_code)

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        self._write(UpdateItem, beat.instance_id)
        return self._table.beat(beat)

    def restore(self, row: Row) -> bool:
        self._write(PutItem, str(row["instance_id"]), row)
        return self._table.restore(row)

    def leave(
        self, instance_id: str, registration_id: str, status: LeavingStatus, values: Row
    ) -> WriteOutcome:
        self._write(UpdateItem, instance_id)
        return self._table.leave(instance_id, registration_id, status, values)

    def undrain(self, instance_id: str, registration_id: str, *, reason_code: str) -> WriteOutcome:
        self._write(UpdateItem, instance_id)
        return self._table.undrain(instance_id, registration_id, reason_code=reason_code)

    def _read(self, key: str) -> None:
        bytes_read = _size_bytes(self._table.rows.get(key, {}))
        cost = max(1, -(-bytes_read // READ_UNIT_BYTES))
        bucket = f"read{_partition(key)}"
        self._caller.call(GetItem, bucket=bucket, cost=cost, attempts=self._attempts)

    def _write(
        self, action: str, key: str, row: Row | None = None, *, attempts: int | None = None
    ) -> None:
        written = self._table.rows.get(key, {}) if row is None else row
        cost = max(1, -(-_size_bytes(written) // WRITE_UNIT_BYTES))
        bucket = f"write{_partition(key)}"
        self._caller.call(action, bucket=bucket, cost=cost, attempts=attempts or self._attempts)


def _partition(key: str) -> int:
    return crc32(key.encode()) % PARTITIONS


def _size_bytes(row: Row) -> int:
    return len(json.dumps(dict(row))) if row else 0
