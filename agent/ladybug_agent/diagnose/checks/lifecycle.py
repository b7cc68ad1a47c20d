"""Is the replica on its way out, or taken out of service on purpose?"""

from __future__ import annotations

from ladybug_agent.announced import announced_reasons
from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.drain.phase import drain_in_effect, leaving, read_drain
from ladybug_agent.errors import AgentError, Refused
from ladybug_agent.model.lifecycle import Notices
from ladybug_agent.watch.departure import judge_degraded, judge_departure


def _departure(scene: Scene) -> Found:
    """A replica that leaves, or is in maintenance, is not broken: but this is why it is idle."""
    _refuse_drained(scene)
    health = sights.health_state(scene)
    if health is not None and health.in_maintenance:
        raise Refused(
            "maintenance_asked",
            "the row's `desired` is `maintenance`: no reader sends requests here",
            hint="an operator set it: set it to `in_service` to serve again",
        )
    notices = _notices(scene)
    reasons = announced_reasons(sights.state_of(scene).announced)
    if notices is not None:
        _refuse_announced(scene, notices)
        reasons = judge_degraded(notices)
    evidence = {"announcements": "not asked" if notices is None else "read"}
    if reasons:
        told = f"announced for this instance: {', '.join(reasons)}"
        return Found(message=told, code="departure_possible", evidence=evidence)
    return Found(message="neither draining nor told to leave", evidence=evidence)


def _refuse_drained(scene: Scene) -> None:
    state, boot_id = sights.state_of(scene), sights.boot_id(scene)
    if phase := drain_in_effect(state, boot_id):
        trigger = str((read_drain(state.drain, boot_id) or {}).get("trigger"))
        raise leaving(phase, trigger)


def _notices(scene: Scene) -> Notices | None:
    """Ask metadata what it announces; None where it does not answer: another check's matter."""
    if scene.is_quick:
        return None
    try:
        return scene.world.notices.notices()
    except AgentError:
        return None


def _refuse_announced(scene: Scene, notices: Notices) -> None:
    departure = judge_departure(notices, scene.config.drain, scene.clock.utcnow())
    if departure is not None:
        raise Refused(
            "departure_announced",
            f"the instance is to end ({departure.trigger}), and no drain has begun",
            hint="`watch` begins the drain: does ladybug-watch.service run?",
            trigger=departure.trigger,
        )


CHECKS = (
    Check(
        id="lifecycle.departure",
        asks="is the replica draining, in maintenance, or told to leave?",
        look=_departure,
    ),
)
