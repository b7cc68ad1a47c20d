"""Does the container run, as it was made, and without being restarted?"""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import UNCONFIGURED, Check, Found, not_asked
from ladybug_agent.diagnose.checks.chain import REPLICA
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import Refused
from ladybug_agent.health.look_service import (
    refuse_not_running,
    refuse_not_serving,
    refuse_other_spec,
)
from ladybug_agent.model.containers import BindMount
from ladybug_agent.resources.container_rules import (
    DATABASE_PATH,
    refuse_foreign,
    refuse_unrestricted,
)


def _running(scene: Scene) -> Found:
    if sights.is_unconfigured(scene):
        return UNCONFIGURED
    found, known = sights.container(scene), sights.served_record(scene)
    if known is not None:
        found = refuse_not_serving(found, known)
    elif found is None:
        raise Refused(
            "container_missing",
            f"there is no container {sights.container_name(scene)}",
            hint="`ladybug-agent bootstrap` starts it; `ladybug-agent status` says how the last"
            " boot went",
        )
    else:
        refuse_foreign(found)
        refuse_not_running(found)
    return Found(
        message=f"{found.name} runs ({found.container_id[:12]})", evidence={"pid": found.pid}
    )


def _spec(scene: Scene) -> Found:
    found, known = sights.container(scene), sights.served(scene)
    if found is None:
        return not_asked("there is no container")
    if known is not None:
        refuse_other_spec(found, known)
        return Found(message=f"it runs {known.image_digest}, restricted as it was made")
    rules, data = scene.config.container, scene.config.data
    if data.mode == "empty":
        return not_asked("no boot has registered what it serves")
    place = Path(data.mount_point) / data.databases_dir
    bind = BindMount(source=str(place), target=DATABASE_PATH, read_only=True)
    refuse_unrestricted(found, user=f"{rules.uid}:{rules.uid}", data=bind)
    return Found(message="it runs restricted as the boot makes it")


def _restarts(scene: Scene) -> Found:
    state = sights.health_state(scene)
    if state is None:
        return not_asked("no health check has run yet")
    count = state.restarts_total
    if not count:
        return Found(message="the health checks have not restarted it")
    spent = ", and may not again for a while" if state.restarts_spent else ""
    return Found(
        message=f"the health checks have restarted it {count} time(s) since the boot{spent}",
        code="container_restarted",
        evidence={"restarts": count, "restarts_spent": state.restarts_spent},
    )


CHECKS = (
    Check(
        id="container.running",
        asks="does the container run that the boot started?",
        look=_running,
        needs=("engine.socket",),
        follows=(*REPLICA, "image.present"),
    ),
    Check(
        id="container.spec",
        asks="does it run as it was made: image, data read-only, no rights?",
        look=_spec,
        needs=("engine.socket", "container.running"),
    ),
    Check(
        id="container.restarts",
        asks="have the health checks restarted it?",
        look=_restarts,
    ),
)
