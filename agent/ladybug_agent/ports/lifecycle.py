"""What the agent needs from those who end instances; see `ladybug_agent.ports`."""

from __future__ import annotations

from typing import Protocol

from ladybug_agent.model import SignalOutcome
from ladybug_agent.model.lifecycle import Notices


class Announcements(Protocol):
    def notices(self) -> Notices:
        """Return what instance metadata announces. Raises NotYet while it does not answer."""


class LoadBalancer(Protocol):
    """The target group, for this instance."""

    def target_state(self) -> str:
        """Return `healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`.

        `unused` also stands for an instance that is not registered.
        """

    def deregister(self) -> None:
        """Ask for the deregistration, which takes the group's deregistration delay."""

    def register(self) -> None: ...


class LifecycleHook(Protocol):
    """A lifecycle hook of the Auto Scaling group, for this instance."""

    def complete(self) -> SignalOutcome:
        """Let the group go on (CONTINUE). Never raises; `not_expected` if the hook is not on."""

    def heartbeat(self) -> SignalOutcome:
        """Give the hook its whole time again. Never raises; `not_expected` if it is not on."""


class Connections(Protocol):
    def established(self, pid: int, port: int) -> int:
        """Return how many TCP connections to `port` the network of that process has open now."""


class Power(Protocol):
    def is_stopping(self) -> bool:
        """Return whether the machine is going down (halt, reboot, power off)."""


class Processes(Protocol):
    def terminate(self, pid: int) -> None:
        """Tell a process to stop (SIGTERM); one that has gone meanwhile is no error."""


class ServiceManager(Protocol):
    def tell(self, *assignments: str) -> None:
        """Tell systemd how the service is (sd_notify(3)); nobody may be there to be told."""
