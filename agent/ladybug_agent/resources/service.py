"""The Graph API service: healthy by its own word, with every verified database, read-only."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.ports import Http
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.resources.container import RunningContainer, refuse_ended
from ladybug_agent.resources.service_answers import judge_health, judge_info, service_url
from ladybug_agent.waiting import BRISK, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthyService:
    """Evidence: the container answered `/health` well, with at least the verified databases."""

    container: RunningContainer
    database_count: int


def inspect_service(http: Http, container: RunningContainer, rules: HealthConfig) -> HealthyService:
    """Ask once. Raises NotYet for any answer that is not good yet, Refused for a writable one."""
    base = service_url(container.spec.bind_address, container.spec.port)
    wanted = len(container.servable.data.databases)
    count = judge_health(http.get(base + rules.path), wanted, container.spec.name)
    judge_info(http.get(f"{base}/info"))
    return HealthyService(container=container, database_count=count)


def await_healthy(
    http: Http,
    engine: ContainerEngine,
    container: RunningContainer,
    rules: HealthConfig,
    deadline: Deadline,
) -> HealthyService:
    """Block until the service is healthy. A container that ends, ends the wait at once."""

    def look() -> HealthyService:
        try:
            return inspect_service(http, container, rules)
        finally:
            # After a bad answer: does it run at all? After a good one: was it ours that answered?
            refuse_ended(engine, container)

    return wait_until(look, "the service to be healthy", deadline=deadline, pace=BRISK)
