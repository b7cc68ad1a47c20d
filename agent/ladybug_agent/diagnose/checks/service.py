"""Does the service answer well?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import UNCONFIGURED, Check, Found, not_asked
from ladybug_agent.diagnose.checks.chain import REPLICA
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.health.look_service import ask_query
from ladybug_agent.resources.service_answers import judge_health

CAUSES = (*REPLICA, "engine.socket", "container.running", "container.spec")


def _health(scene: Scene) -> Found:
    """Ask whoever answers at the port, whether the engine says that a container runs or not."""
    if sights.is_unconfigured(scene):
        return UNCONFIGURED
    url = sights.service_base(scene) + scene.config.health.path
    began = scene.clock.monotonic()
    reply = scene.world.service.get(url)
    took_ms = round(1000 * (scene.clock.monotonic() - began), 1)
    wanted = len(sights.databases(scene))
    count = judge_health(reply, wanted, sights.container_name(scene))
    return Found(message=f"healthy with {count} database(s)", evidence={"took_ms": took_ms})


def _query(scene: Scene) -> Found:
    rules = scene.config.health
    database = rules.query_database or next(iter(sights.databases(scene)), "")
    if not rules.query or not database:
        return not_asked("no query is configured (`health.query`)")
    base = sights.service_base(scene)
    return Found(message=ask_query(scene.world.service, base, database, rules))


CHECKS = (
    Check(
        id="service.health",
        asks="does the service say that it is healthy, with all databases?",
        look=_health,
        follows=CAUSES,
    ),
    Check(
        id="service.query",
        asks="is the known query answered right?",
        look=_query,
        needs=("service.health",),
    ),
)
