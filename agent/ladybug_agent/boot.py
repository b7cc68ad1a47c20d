"""One run of the boot: what it is to reach, in which world, by when."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord
from ladybug_agent.resources.registry_row import Fence


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    config: Config
    world: World
    record: BootRecord
    fence: Fence
    deadline: Deadline
