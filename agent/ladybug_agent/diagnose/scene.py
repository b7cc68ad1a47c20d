"""What the checks look at: configuration, world, and what another check has seen already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.config import Config
from ladybug_agent.errors import AgentError
from ladybug_agent.ports.diagnosis import DiagnosisWorld

T = TypeVar("T")


class Sights:
    """Looks at each thing once, whoever asks first; the others get the same answer, or error.

    Safe for threads: who asks while another looks waits for it.
    """

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._seen: dict[str, object] = {}
        self._guard = threading.Lock()

    def once(self, name: str, look: Callable[[], T]) -> T:
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._seen:
                try:
                    self._seen[name] = look()
                except AgentError as error:
                    self._seen[name] = error
        seen = self._seen[name]
        if isinstance(seen, AgentError):
            raise seen
        return cast("T", seen)

    def seen(self, name: str) -> object:
        """Return what was seen under the name; None if nobody has looked, or an error."""
        return self._seen.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One instance under examination."""

    config: Config
    """As configured; the defaults where `config_error` says that the file cannot be used."""
    config_error: AgentError | None
    world: DiagnosisWorld
    clock: Clock
    deadline: Deadline
    """When the examination ends: no look may take longer."""
    sights: Sights = field(default_factory=Sights)
    config_file: str = ""
    """Where the configuration was read from."""
    is_quick: bool = False
    """Only what is on this machine is looked at: `--quick`."""
