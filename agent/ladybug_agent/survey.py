"""What is true on this instance now, without asking AWS: for `status` and, later, `diagnose`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ladybug_agent.config import Config
from ladybug_agent.errors import AgentError
from ladybug_agent.ports import Http
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.ports.storage import Mounts
from ladybug_agent.resources.service_answers import judge_health, service_url

Verdict = Literal["good", "bad", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    subject: str
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWorld:
    """The part of the world that can be looked at without credentials."""

    mounts: Mounts
    engine: ContainerEngine
    http: Http


def survey(world: LocalWorld, config: Config) -> tuple[Finding, ...]:
    """Look at mount, container and service; changes nothing, blocks for a few seconds at most."""
    return (
        _look("mount", lambda: _mount(world, config)),
        _look("container", lambda: _container(world, config)),
        _look("service", lambda: _service(world, config)),
    )


def _look(subject: str, look: Callable[[], tuple[Verdict, str]]) -> Finding:
    """Turn one look into a finding; what cannot be seen (no rights, no engine) is unknown."""
    try:
        verdict, text = look()
    except AgentError as error:
        verdict, text = "unknown", f"{error.code}: {error}"
    return Finding(subject=subject, verdict=verdict, text=text)


def _mount(world: LocalWorld, config: Config) -> tuple[Verdict, str]:
    if config.data.mode == "empty":
        return "good", "no volume: `data.mode` asks for a replica without data"
    entry = world.mounts.at(Path(config.data.mount_point))
    if entry is None:
        return "bad", f"nothing is mounted at {config.data.mount_point}"
    if "ro" not in entry.options:
        return "bad", f"{entry.source} is mounted writable at {entry.target}"
    return "good", f"{entry.source} ({entry.filesystem}) is mounted read-only at {entry.target}"


def _container(world: LocalWorld, config: Config) -> tuple[Verdict, str]:
    found = world.engine.container(config.container.name)
    if found is None:
        return "bad", f"there is no container {config.container.name}"
    if found.status != "running":
        return "bad", f"{found.name} is {found.status}, exit code {found.exit_code}"
    return "good", f"{found.name} runs ({found.container_id[:12]})"


def _service(world: LocalWorld, config: Config) -> tuple[Verdict, str]:
    base = service_url(config.container.bind_address, config.container.port)
    try:
        reply = world.http.get(base + config.health.path)
        count = judge_health(reply, len(config.data.databases), config.container.name)
    except AgentError as error:
        return "bad", f"{error.code}: {error}"
    return "good", f"healthy with {count} database(s)"
