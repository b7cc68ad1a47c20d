"""What the agent needs from images and containers; see `ladybug_agent.ports`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.model.containers import (
    ContainerFacts,
    ContainerSpec,
    ImageFacts,
    OneShotResult,
    OneShotSpec,
    RegistryLogin,
)


class ImageRegistry(Protocol):
    def login(self) -> RegistryLogin:
        """Return a fresh ECR token as a login (GetAuthorizationToken)."""


class ContainerEngine(Protocol):
    def image(self, reference: str) -> ImageFacts | None:
        """Return the local image, or None if the engine does not have it."""

    def resolve(self, reference: str, login: RegistryLogin) -> str:
        """Ask the registry which digest (`sha256:…`) a reference has now."""

    def pull(
        self,
        reference: str,
        login: RegistryLogin,
        on_progress: Callable[[int], None],
        deadline: Deadline,
    ) -> None:
        """Pull by digest; `on_progress` gets the bytes downloaded so far. Blocks to the end."""

    def container(self, name: str) -> ContainerFacts | None: ...

    def run(self, spec: ContainerSpec) -> str:
        """Create and start a container; return its id. What fails to start is removed again."""

    def run_once(self, spec: OneShotSpec, deadline: Deadline) -> OneShotResult:
        """Run a program to its end in a container of its own, which is removed however it ends.

        Blocks until the program ends. When the deadline is over or cancelled, the program is
        killed within 0.3 s. What an earlier run of this name left behind is removed first; Refused
        if somebody else's container has the name.
        """

    def start(self, container_id: str) -> None:
        """Start a container that was stopped, as it was made."""

    def rename(self, container_id: str, name: str) -> None:
        """Give the container another name, running or not."""

    def stop(self, container_id: str, *, grace_s: int) -> None:
        """Stop the container and leave it for inspection; blocks for up to `grace_s`."""

    def remove(self, container_id: str) -> None:
        """Remove the container, running or not."""

    def logs(self, container_id: str, *, lines: int) -> tuple[str, ...]:
        """Return the last lines that the container wrote."""
