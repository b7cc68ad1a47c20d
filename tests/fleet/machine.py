"""One instance of the fleet, from its launch to the end of its boot, by the agent's own code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

from fakes.build import a_config
from fakes.databases import database_bytes
from fakes.hydration import FakeLayout, FakePageCache
from fakes.instance import FakeMachine
from fakes.mounts import FakeMounts
from fakes.registry import FakeRegistry
from fakes.storage import FakeBlockDevices
from fleet.account import Account, Caller
from fleet.clock import FleetClock
from fleet.ports import (
    FleetEc2,
    FleetEngine,
    FleetHook,
    FleetHttp,
    FleetImageRegistry,
    FleetMetadata,
    FleetTable,
)
from fleet.timeline import Timeline
from ladybug_agent.boot import Boot
from ladybug_agent.bootstrap import bootstrap
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, reason
from ladybug_agent.model import BootIdentity
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord
from ladybug_agent.resources.contents.manifest import FILE_NAME, manifest_document
from ladybug_agent.resources.registry_row import Fence
from support.manifests import manifest_of

LATE = 0.05
"""Of all data volumes, how many are shown after the agent began."""
State = Literal["good", "bad_snapshot", "bad_image"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One launch: when, where, and what it is made of."""

    number: int
    at_s: float
    zone: str
    skew_s: float = 0.0
    state: State = "good"
    manifest: bool = True
    generation: int = 0

    @property
    def instance_id(self) -> str:
        return f"i-{self.generation:02x}{self.number:015x}"


class UnwrittenRecord(BootRecord):
    """A record that nobody reads: writing it is most of what a boot on fakes costs."""

    def _save(self) -> None:
        pass


class FleetMachine:
    """What takes how long is drawn anew for each launch, and the same in every run of the seed."""

    def __init__(
        self, launch: Launch, account: Account, table: FakeRegistry, timeline: Timeline
    ) -> None:
        self.launch = launch
        self.clock = FleetClock(timeline, skew_s=launch.skew_s)
        random = Random(f"{launch.number}/{launch.generation}")  # noqa: S311 - no secret
        self._caller = Caller(account, self.clock, Random(f"calls/{random.random()}"))  # noqa: S311
        # Volumes of a launch template are attached before the instance starts; few show up late.
        self._attach_s = random.uniform(1.0, 4.0) if random.random() < LATE else 0.0
        self._engine = FleetEngine(
            self._caller,
            start_s=random.uniform(3.0, 8.0) if launch.state != "bad_image" else float("inf"),
            pull_s=random.uniform(8.0, 20.0),
        )
        self.table = FleetTable(table, self._caller)
        self.hook = FleetHook(self._caller)

    def boot(self, directory: Path) -> str:
        """Run the whole boot; return why it failed, or nothing. Blocks in virtual time."""
        config = a_config(directory)
        Path(config.instance.state_dir).mkdir(parents=True)
        booted_at = int(self.clock.utcnow().timestamp())
        name = self.launch.instance_id
        fence = Fence(
            registration_id=f"registration-{name}",
            boot=BootIdentity(boot_id=f"boot-{name}", booted_at=booted_at),
        )
        boot = Boot(
            config=config,
            world=self._world(fence.boot),
            record=UnwrittenRecord(directory / "record.json", self.clock),
            fence=fence,
            deadline=Deadline.after(config.instance.boot_timeout_s, self.clock),
        )
        try:
            bootstrap(boot)
        except AgentError as error:
            return (reason(error) or error).code
        finally:
            shutil.rmtree(directory)
        return ""

    def _world(self, identity: BootIdentity) -> World:
        launch = self.launch
        devices = FakeBlockDevices(self.clock, appear_after_s=self._attach_s)
        return World(
            metadata=FleetMetadata(launch.instance_id, launch.zone),
            ec2=FleetEc2(self._caller),
            image_registry=FleetImageRegistry(self._caller),
            block_devices=devices,
            mounts=FakeMounts(devices, contents=_contents(launch.state, manifest=launch.manifest)),
            kernel_log=devices.kernel_log,
            engine=self._engine,
            http=FleetHttp(self.clock, self._engine),
            instance_registry=self.table,
            machine=FakeMachine(boot=identity),
            layout=FakeLayout(),
            page_cache=FakePageCache(),
            maps=None,
            orchestrators=(self.hook,),
        )


@cache
def _contents(state: State, *, manifest: bool) -> Mapping[str, bytes]:
    good = database_bytes()
    found = {"databases/sec.lbug": good[:-100] if state == "bad_snapshot" else good}
    if manifest:
        found[f"databases/{FILE_NAME}"] = _manifest(good)
    return found


def _manifest(content: bytes) -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "sec.lbug"
        path.write_bytes(content)
        return json.dumps(manifest_document(manifest_of(path), "0.0")).encode()
