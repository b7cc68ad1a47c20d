"""One run of a drain: what it works with, and how one of its steps is kept within its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ladybug_agent.branches import run_watched
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.drain.record import DrainRecord
from ladybug_agent.errors import AgentError, Cancelled, Fenced
from ladybug_agent.model.lifecycle import Trigger
from ladybug_agent.ports import InstanceRegistry, Machine
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.ports.lifecycle import (
    Connections,
    LifecycleHook,
    LoadBalancer,
    Power,
    Processes,
)
from ladybug_agent.ports.storage import Mounts
from ladybug_agent.state import StateDirectory

T = TypeVar("T")
CALL_S = 5.0
"""For one write to the registry, one look at the engine, the unmount, the hook."""
STOP_SLACK_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainWorld:
    """The part of the world that a drain touches."""

    instance_id: Callable[[], str]
    registry: InstanceRegistry
    engine: ContainerEngine
    mounts: Mounts
    machine: Machine
    connections: Connections
    power: Power
    processes: Processes
    balancer: LoadBalancer | None
    """None where no target group is configured."""
    hook: LifecycleHook | None
    """None where no termination hook is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    config: Config
    world: DrainWorld
    state: StateDirectory
    record: DrainRecord
    trigger: Trigger
    deadline: Deadline
    """When the whole drain is to have ended, hook included."""

    @property
    def last_call(self) -> Deadline:
        """When waiting has to end, so that all that follows fits into the budget."""
        ending_s = self.config.drain.stop_grace_s + STOP_SLACK_S + 4 * CALL_S
        left_s = max(0.0, self.deadline.remaining_s - ending_s)
        return self.deadline.capped(left_s)


def attempt(drain: Drain, name: str, limit_s: float, work: Callable[[], str]) -> bool:
    """Do one step within its time; return whether it came to a good end.

    What fails or hangs is kept in the record, and the drain goes on. The text that `work` returns
    is kept, too. Raises Fenced: then the row, and all that goes with it, is somebody else's.
    """
    limit = Deadline.after(limit_s, drain.deadline.clock)
    with drain.record.step(name) as step:
        try:
            step.detail = run_watched(work, name, limit)
        except (Fenced, Cancelled):
            raise
        except AgentError as error:
            step.fail(error)
            return False
    return True


def within_call(drain: Drain, what: str, work: Callable[[], T]) -> T:
    """Return the answer to one question that may hang. Raises DeadlineExceeded after `CALL_S`."""
    return run_watched(work, what, Deadline.after(CALL_S, drain.deadline.clock))


def skip(drain: Drain, name: str, why: str) -> None:
    with drain.record.step(name) as step:
        step.verdict, step.detail = "skipped", why
