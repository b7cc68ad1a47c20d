"""The check `registry`: what other software reads of this replica, and whether it is true."""

from __future__ import annotations

from ladybug_agent.diagnose.aws_sights import registry_row
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.checks.volume import ASKED, CALLS
from ladybug_agent.diagnose.lease import lease_of
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.sights import boot_id, health_state, served, state_of
from ladybug_agent.drain.phase import drain_in_effect
from ladybug_agent.errors import AgentError, Fenced, Refused
from ladybug_agent.ports.registry import LEAVING, Row
from ladybug_agent.reader import is_routable

HEARTBEAT_HINT = (
    "does the timer run, and what does a check say? `systemctl list-timers ladybug-health.timer`,"
    " `sudo ladybug-agent health-check`"
)
LOCAL = (
    "filesystem.mount",
    "filesystem.databases",
    "volume.kernel_log",
    "container.running",
    "service.health",
    "service.query",
)
"""What makes a health check say `unhealthy`."""


def look_at_row(scene: Scene) -> Found:
    row = registry_row(scene)
    if row is None:
        known = served(scene)
        found = f"none, though the boot {known.boot_id[:8]} wrote it" if known else "none"
        raise Refused(
            "registry_row_missing",
            f"wanted the row of this instance in `{scene.config.registry.table}`, found {found}",
            hint="the second health check from now writes it again, if the replica is healthy;"
            " without a boot there is nothing to write: `sudo ladybug-agent bootstrap`",
        )
    names = ("status", "reason_code", "desired", "degraded_reasons", "snapshot_id")
    evidence = {name: row[name] for name in names if row.get(name)}
    routable = is_routable(row, scene.clock.utcnow().timestamp())
    words = f"status {row.get('status')}, {'is' if routable else 'not'} sent requests"
    return Found(message=words, evidence={**evidence, "routable": routable})


def look_at_fence(scene: Scene) -> Found:
    """Compare the row's registration with this boot's."""
    row, ours = _row(scene), _registration_id(scene)
    if row.get("registration_id") == ours:
        return Found(message=f"the row is of this boot's registration, {ours[:8]}")
    theirs = str(row.get("registration_id", "none"))
    if row.get("boot_id") != boot_id(scene):
        raise Refused(
            "registry_row_outdated",
            f"wanted the row to be of this boot, found it of another ({theirs[:8]}), which ended"
            " with the machine's restart",
            hint="this boot has not registered: run `sudo ladybug-agent bootstrap`",
            registration_id=theirs,
        )
    raise Fenced(
        "registration_fenced",
        f"the row is held by registration {theirs[:8]}, ours is {ours[:8] or 'none'}",
        hint="is a second agent running with another state directory? its lease must end first",
        registration_id=theirs,
    )


def look_at_lease(scene: Scene) -> Found:
    row = _row(scene)
    lease = lease_of(row, scene.clock.utcnow())
    if row.get("status") in LEAVING:
        return Found(message=f"none is needed: the row is {row.get('status')}", is_asked=False)
    if lease is None:
        return Found(message="the row has no lease: it is no agent's", is_asked=False)
    evidence = {"left_s": lease.left_s, "lease_s": lease.length_s}
    last = row.get("last_health_check", "never")
    if lease.left_s < 0:
        raise Refused(
            "registry_lease_expired",
            f"the lease ended {-lease.left_s} s ago; the last health check that told was at {last}",
            hint=HEARTBEAT_HINT,
            **evidence,
        )
    if lease.is_short:
        return Found(
            message=f"{lease.left_s} s left of {lease.length_s}: health checks were missed; the"
            f" last was at {last}",
            code="registry_lease_short",
            evidence=evidence,
        )
    return Found(message=f"{lease.left_s} s left of {lease.length_s}", evidence=evidence)


def look_at_status(scene: Scene) -> Found:
    """Hold the row's status against what the last health check and a drain say here."""
    row = _row(scene)
    status, why = str(row.get("status", "")), str(row.get("reason_code", ""))
    evidence = {"status": status, "reason_code": why}
    if status in LEAVING:
        return _leaving(scene, status)
    told = _told_here(scene)
    if told and told != status:
        raise Refused(
            "registry_status_differs",
            f"the row says {status}, the last health check here said {told}",
            hint=HEARTBEAT_HINT,
            **evidence,
            here=told,
        )
    if status != "healthy":
        raise Refused(
            "registry_says_unhealthy",
            f"the row says {status} ({why or 'no reason'}){_since(row)}",
            hint=f"see the code `{why}` in docs/errors.md" if why else HEARTBEAT_HINT,
            **evidence,
        )
    if reasons := str(row.get("degraded_reasons", "")):
        message = f"healthy, and degraded: {reasons}"
        return Found(message=message, code="registry_says_degraded", evidence=evidence)
    agrees = ", and so did the last health check here" if told else ""
    return Found(message=f"the row says healthy{agrees}", evidence=evidence)


def _since(row: Row) -> str:
    since = row.get("status_since")
    return f" since {since}" if since else ""


def _leaving(scene: Scene, status: str) -> Found:
    phase = drain_in_effect(state_of(scene), boot_id(scene))
    if phase is None:
        raise Refused(
            "registry_status_differs",
            f"the row says {status}, but nothing drains here",
            hint="was it written by hand, or by a drain before this boot? boot the replica again",
            status=status,
        )
    return Found(message=f"the row says {status}, as the drain here does ({phase})")


def _told_here(scene: Scene) -> str:
    state = health_state(scene)
    return state.status if state and state.checks else ""


def _row(scene: Scene) -> Row:
    return registry_row(scene) or {}


def _registration_id(scene: Scene) -> str:
    """Return this boot's registration; nothing if it has none, or if nobody may know it."""
    if known := served(scene):
        return known.registration_id
    try:
        return state_of(scene).known_registration_id() or ""
    except AgentError:
        return ""


CHECKS: tuple[Check, ...] = (
    Check(
        id="registry.row",
        asks="does the instance registry have this instance?",
        look=look_at_row,
        needs=("agent.config", *CALLS),
        follows=("lifecycle.departure", "metadata.identity", *ASKED, "boot.outcome"),
        is_quick=False,
    ),
    Check(
        id="registry.lease",
        asks="is its lease renewed?",
        look=look_at_lease,
        needs=("registry.row",),
        follows=("systemd.timers", "systemd.units", *LOCAL, "time.skew", "boot.outcome",
                 "lifecycle.departure"),
        is_quick=False,
    ),
    Check(
        id="registry.fence",
        asks="is the row this boot's own?",
        look=look_at_fence,
        needs=("registry.row",),
        follows=("boot.outcome",),
        is_quick=False,
    ),
    Check(
        id="registry.status",
        asks="does the row say what is true here?",
        look=look_at_status,
        needs=("registry.row",),
        follows=(*LOCAL, "data.hydration", "lifecycle.departure", "boot.outcome",
                 "registry.fence", "registry.lease", "systemd.timers"),
        is_quick=False,
    ),
)  # fmt: skip
