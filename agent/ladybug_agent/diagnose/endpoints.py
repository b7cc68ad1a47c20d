"""Which endpoints a replica of this configuration needs, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ladybug_agent.config import Config
from ladybug_agent.diagnose.actions import actions_for
from ladybug_agent.diagnose.aws_sights import region
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.side_by_side import side_by_side
from ladybug_agent.errors import AgentError
from ladybug_agent.model.standing import Answered


def needed_services(config: Config) -> tuple[str, ...]:
    """Return the services by the names of their actions, each once."""
    needed = (action for action in actions_for(config) if not action.by_diagnose_only)
    return tuple(dict.fromkeys(action.name.partition(":")[0] for action in needed))


def endpoints(scene: Scene) -> dict[str, str]:
    """Return the URLs to be reached, and what each is for. Raises if nobody knows the region."""
    where, reach = region(scene), scene.world.reach
    found: dict[str, str] = {}
    for service in needed_services(scene.config):
        url = reach.endpoint_url(service, where)
        found[url] = f"{found[url]}, {service}" if url in found else service
    host = scene.config.container.image.partition("/")[0]
    if ".dkr.ecr" in host:
        found.setdefault(f"https://{host}", "images")
    return found


def answers(scene: Scene) -> Mapping[str, Answered | AgentError]:
    """Ask all of them at once, by an unsigned request, and return what each said."""

    def look() -> Mapping[str, Answered | AgentError]:
        looks = {url: _asking(scene, url) for url in endpoints(scene)}
        return side_by_side(looks, scene.deadline)

    return scene.sights.once("answers", look)


def addresses(scene: Scene) -> Mapping[str, str | AgentError]:
    """Resolve the name of each, and return its address, by host."""

    def look() -> Mapping[str, str | AgentError]:
        hosts = {urlsplit(url).hostname or "" for url in endpoints(scene)}
        return side_by_side({host: _resolving(scene, host) for host in hosts}, scene.deadline)

    return scene.sights.once("addresses", look)


def _asking(scene: Scene, url: str) -> Callable[[], Answered]:
    return lambda: scene.world.reach.ask(url)


def _resolving(scene: Scene, host: str) -> Callable[[], str]:
    return lambda: scene.world.reach.resolve(host)
