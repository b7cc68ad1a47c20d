"""The container engine: it may still be starting when the boot begins."""

from __future__ import annotations

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.waiting import BRISK, wait_until


def await_engine(engine: ContainerEngine, container: str, deadline: Deadline) -> None:
    """Block until the engine answers; any container's name will do to ask for.

    Raises what it refuses with at once: only one that is not there at all may still come.
    """

    def look() -> None:
        try:
            engine.container(container)
        except ExternalFailure as error:
            if error.code != "container_engine_unreachable":
                raise
            raise NotYet("container_engine_unreachable", str(error), hint=error.hint) from (
                error.__cause__
            )

    wait_until(look, "the Docker engine to answer", deadline=deadline, pace=BRISK)
