"""What the agent asks the service manager; see `ladybug_agent.ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.units import ManagerFacts, UnitFacts


class ServiceManagerLook(Protocol):
    """Looks only, as any user may; blocks for 3 s at most."""

    def is_there(self) -> bool:
        """Return whether the machine was booted with systemd (sd_booted(3))."""

    def manager(self) -> ManagerFacts:
        """Return what the manager says of itself. Raises ExternalFailure if it does not answer."""

    def units(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        """Return units by the names asked for; one that is not there is said to be `not-found`.

        Raises ExternalFailure if the manager does not answer.
        """


class NoServiceManager:
    """A machine without systemd."""

    def is_there(self) -> bool:
        return False

    def manager(self) -> ManagerFacts:
        raise _absent()

    def units(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:  # noqa: ARG002 - no names
        raise _absent()


def _absent() -> ExternalFailure:
    return ExternalFailure(
        "service_manager_missing",
        "wanted systemd, but it is not the first process here",
        hint="the agent's units need it; by hand the verbs work without",
    )
