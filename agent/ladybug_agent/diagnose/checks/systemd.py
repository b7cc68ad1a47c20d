"""Are the agent's units in order, and does the timer of the health check tick?"""

from __future__ import annotations

from collections.abc import Mapping

from ladybug_agent.diagnose import boot_sights
from ladybug_agent.diagnose.boot_sights import (
    BOOT_UNIT,
    HEALTH_TIMER,
    HEALTH_UNIT,
    REPAIR_UNIT,
    REQUIRED,
)
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.units import UnitFacts

OVERDUE_S = 120.0
"""Four intervals of the timer."""
AT_START = frozenset({"enabled", "enabled-runtime", "static", "alias", "linked", "generated"})
"""What `UnitFileState=` says of a unit that the next start of the machine begins as well."""
HUNG = frozenset({"timeout", "watchdog"})
NO_SYSTEMD = "systemd is not the first process here"


def _units(scene: Scene) -> Found:
    if not scene.world.units.is_there():
        return Found(message=NO_SYSTEMD, is_asked=False)
    units = boot_sights.units(scene)
    here = {name: unit for name, unit in units.items() if unit.is_there}
    if not here:
        return Found(
            message="none of the agent's units is installed: it is run by hand",
            code="units_not_installed",
        )
    evidence = {name: f"{unit.active} {unit.enabled}".strip() for name, unit in here.items()}
    excused = {name for name, unit in here.items() if _is_excused(scene, name, unit)}
    _refuse_broken({name: unit for name, unit in here.items() if name not in excused})
    missing = [name for name in REQUIRED if name not in here]
    if missing:
        raise ExternalFailure(
            "unit_missing",
            f"not installed: {', '.join(missing)}",
            hint="install the version of the agent again",
            **evidence,
        )
    if excused:
        told = ", ".join(f"{name} ({_how(here[name])})" for name in sorted(excused))
        return Found(message=f"failed of late: {told}", code="unit_failed", evidence=evidence)
    off = [name for name in REQUIRED if here[name].enabled not in AT_START]
    if off:
        return Found(
            message=f"not enabled, so not there after the next start: {', '.join(off)}",
            code="unit_not_enabled",
            evidence=evidence,
        )
    return Found(message=f"{len(here)} units are in order", evidence=evidence)


def _refuse_broken(here: Mapping[str, UnitFacts]) -> None:
    for name, unit in here.items():
        if unit.load == "masked":
            raise ExternalFailure(
                "unit_masked",
                f"{name} is masked: nothing can start it",
                hint=f"`systemctl unmask {name}`, unless somebody had a reason",
            )
        if unit.active == "failed":
            raise ExternalFailure(
                "unit_failed",
                f"{name} has failed ({_how(unit)})",
                hint=f"read why: `journalctl -u {name} -n 50 --no-pager`",
                restarts=unit.restarts,
            )


def _how(unit: UnitFacts) -> str:
    return f"{unit.result}, exit status {unit.exit_status}" if unit.exit_status else unit.result


def _is_excused(scene: Scene, name: str, unit: UnitFacts) -> bool:
    """Return whether a unit's failure explains nothing, because something else explains it.

    A boot that was run again by hand has registered; a check or a repair that hung, or a repair
    that failed, tells of the replica, which other checks look at.
    """
    if unit.active != "failed":
        return False
    if name == BOOT_UNIT:
        return boot_sights.boot(scene).outcome == "registered"
    return name == REPAIR_UNIT or (name == HEALTH_UNIT and unit.result in HUNG)


def _timers(scene: Scene) -> Found:
    if not scene.world.units.is_there():
        return Found(message=NO_SYSTEMD, is_asked=False)
    timer = boot_sights.units(scene)[HEALTH_TIMER]
    if not timer.is_there:
        return Found(message=f"{HEALTH_TIMER} is not installed", is_asked=False)
    if timer.active != "active":
        raise ExternalFailure(
            "timer_not_active",
            f"{HEALTH_TIMER} is {timer.active}: nothing renews the lease",
            hint=f"`systemctl start {HEALTH_TIMER}`",
        )
    since_s = _seconds_without(scene, timer)
    evidence = {"last_trigger": str(timer.last_trigger or "never")}
    if since_s > OVERDUE_S:
        raise ExternalFailure(
            "timer_overdue",
            f"{HEALTH_TIMER} has started no health check for {since_s:.0f} s, wanted one in 30 s",
            hint="does a check hang? `systemctl status ladybug-health.service`",
            **evidence,
        )
    return Found(message=f"the last health check began {since_s:.0f} s ago", evidence=evidence)


def _seconds_without(scene: Scene, timer: UnitFacts) -> float:
    """Return for how long the timer, which is active, has started nothing."""
    if timer.last_trigger is not None:
        return max(0.0, (scene.clock.utcnow() - timer.last_trigger).total_seconds())
    active = timer.became_active
    return max(0.0, scene.clock.monotonic() - active.mono_s) if active else 0.0


CHECKS = (
    Check(
        id="systemd.units",
        asks="are the agent's units installed, enabled, and none of them failed?",
        look=_units,
        follows=("boot.outcome",),
    ),
    Check(
        id="systemd.timers",
        asks="is the timer of the health check active, and did it tick of late?",
        look=_timers,
        follows=("systemd.units",),
    ),
)
