"""One machine that boots, and what can be seen of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.fault import Fault
from fakes.instance import IDENTITY
from fakes.orchestrator import Told
from ladybug_agent.boot_process import Ending, run_boot
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.record import Observer, StepRecord, read_record

KEY = IDENTITY.instance_id
NAME = "graph-api-shared"
STEPS = (
    "identity",
    "find_volume",
    "await_device",
    "mount",
    "verify_snapshot",
    "pull_image",
    "open_databases",
    "start_container",
    "await_healthy",
    "await_warm",
    "register",
    "signal",
)
BRANCHES = frozenset(STEPS[1:6])


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine: its clock, its configuration and its surroundings."""

    clock: FakeClock
    config: Config
    world: FakeWorld

    @classmethod
    def make(
        cls,
        tmp_path: Path,
        clock: FakeClock | None = None,
        *,
        config: Mapping[str, object] | None = None,
        **parts: object,
    ) -> Machine:
        clock = clock or FakeClock()
        return cls(
            clock=clock,
            config=a_config(tmp_path, **(config or {})),
            world=a_world(clock, **parts),
        )

    @classmethod
    def with_fault(cls, tmp_path: Path, fault: Fault) -> Machine:
        clock = FakeClock()
        return cls.make(tmp_path, clock, config=fault.config, **fault.parts(clock))

    def boot(self, *observers: Observer, deadline: Deadline | None = None) -> Ending:
        limit = deadline or Deadline.after(self.config.instance.boot_timeout_s, self.clock)
        return run_boot(self.config, self.world, self.clock, limit, *observers)

    def boot_cancelled_at(self, name: str, status: str) -> Ending:
        deadline = Deadline.after(900.0, self.clock)

        def cancel(step: StepRecord) -> None:
            if (step.name, step.status) == (name, status):
                deadline.cancel()

        return self.boot(cancel, deadline=deadline)

    @property
    def record(self) -> dict[str, Any]:
        document = read_record(Path(self.config.instance.state_dir) / "bootstrap.json")
        assert document is not None
        return document

    @property
    def statuses(self) -> dict[str, str]:
        """How each step ended, by the record on the disk."""
        return {step["name"]: step["status"] for step in self.record["steps"]}

    @property
    def container_status(self) -> str:
        found = self.world.engine.container(NAME)
        return found.status if found else "absent"

    @property
    def told(self) -> list[Told]:
        return [told for one in self.world.orchestrators for told in one.told]

    @property
    def row_status(self) -> object:
        return self.world.instance_registry.rows.get(KEY, {}).get("status", "no row")
