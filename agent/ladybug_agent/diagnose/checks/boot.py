"""How did the boot go, and those before it?"""

from __future__ import annotations

from ladybug_agent.diagnose import boot_sights, sights
from ladybug_agent.diagnose.boot_codes import live_checks
from ladybug_agent.diagnose.boot_sights import BootSeen
from ladybug_agent.diagnose.check import UNCONFIGURED, Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet, Recorded
from ladybug_agent.timeline.compare import AGENT, compare
from ladybug_agent.timeline.kept import earlier_boots, this_boot_by_records
from ladybug_agent.timeline.model import Timeline

LOOKED_BACK = 5
"""So many earlier boots are looked at for failures."""
USUAL_AFTER = 3
"""So many boots must have registered before one can be called slow."""
AGAIN = "run it again: what is right already takes no time"


def _outcome(scene: Scene) -> Found:
    seen = boot_sights.boot(scene)
    if seen.outcome == "registered":
        took = seen.record.get("total_s")
        text = f"registered after {took:.1f} s" if isinstance(took, float) else "registered"
        return Found(message=text, evidence={"agent_version": seen.text("agent_version")})
    if seen.outcome == "absent" and sights.is_unconfigured(scene):
        return UNCONFIGURED  # whether it is the right place to look in, nobody knows
    if seen.outcome == "absent":
        raise _not_run(scene)
    if seen.outcome == "running":
        return _running(scene, seen)
    raise _not_registered(seen)


def _running(scene: Scene, seen: BootSeen) -> Found:
    at = ", ".join(seen.at_steps) or "its beginning"
    if sights.served(scene) is not None:
        return Found(message=f"it runs again, at {at}", code="boot_running")
    raise NotYet(
        "boot_running",
        f"the boot is not done: it is at {at}",
        hint="wait for it: `ladybug-agent status --wait`",
        started_at=seen.text("started_at"),
    )


def _not_run(scene: Scene) -> AgentError:
    return ExternalFailure(
        "boot_not_run",
        f"no boot has run since the machine started; {_unit_text(scene)}",
        hint="is the unit enabled? `systemctl status ladybug-bootstrap.service`",
    )


def _unit_text(scene: Scene) -> str:
    """Return what systemd says of the boot's unit."""
    if not scene.world.units.is_there():
        return "there is no systemd to start it"
    try:
        unit = boot_sights.units(scene)[boot_sights.BOOT_UNIT]
    except AgentError as error:
        return f"systemd does not say why ({error.code})"
    if not unit.is_there:
        return f"{boot_sights.BOOT_UNIT} is not installed"
    return f"{boot_sights.BOOT_UNIT} is {unit.enabled or unit.load} and {unit.active}"


def _not_registered(seen: BootSeen) -> AgentError:
    """Return the boot's own error, with its code; or that it was cut off."""
    at = ", ".join(seen.at_steps)
    if seen.outcome == "interrupted":
        return ExternalFailure(
            "boot_interrupted",
            f"the boot was cut off at {at or 'its beginning'}: its process is gone",
            hint=AGAIN,
            started_at=seen.text("started_at"),
        )
    told = seen.text("message") or "it does not say why"
    where = f" at {at}" if at else ""
    return Recorded.of(
        seen.text("code") or "internal_error",
        f"the boot {seen.outcome}{where}: {told}",
        hint=seen.text("hint") or AGAIN,
        failed_at=seen.text("finished_at"),
    )


def _previous(scene: Scene) -> Found:
    boot_id, directory = sights.boot_id(scene), boot_sights.boots_dir(scene)
    before = earlier_boots(directory, boot_id)
    this = this_boot_by_records(sights.state_path(scene), directory, boot_id)
    if slower := _much_slower(this, before):
        return slower
    failed = [one for one in before[:LOOKED_BACK] if one.outcome != "registered"]
    if failed:
        last = failed[0]
        where = f" at {last.failed_at.name}" if last.failed_at else ""
        return Found(
            message=f"{len(failed)} of the {min(len(before), LOOKED_BACK)} boots before this one"
            f" did not register; the last {last.outcome}{where} {last.code}".rstrip(),
            code="boot_failed_before",
            evidence={one.boot_id[:8]: f"{one.outcome} {one.code}".strip() for one in failed},
        )
    text = f"{len(before)} earlier boots are kept, and the latest registered"
    return Found(message=text if before else "no earlier boot is kept")


def _much_slower(this: Timeline, before: list[Timeline]) -> Found | None:
    measures = {one.name: one for one in compare(this, before)}
    whole = measures.get(AGENT)
    if whole is None or whole.boots < USUAL_AFTER or not whole.is_much_slower:
        return None
    steps = [one for one in measures.values() if one.name not in {AGENT, whole.name}]
    most = max(steps, key=lambda one: one.more_s, default=whole)
    return Found(
        message=f"this boot took {whole.now_s:.1f} s, usual are {whole.usual_s:.1f} s; most of it"
        f" is {most.name} (+{most.more_s:.1f} s)",
        code="boot_slower",
        evidence={one.name: f"{one.now_s:g} s, usual {one.usual_s:g} s" for one in (whole, most)},
    )


CHECKS = (
    Check(
        id="boot.outcome",
        asks="did the last run of the boot register this replica?",
        look=_outcome,
        follows=(
            "agent.config",
            "lifecycle.departure",
            "metadata.token",
            "metadata.identity",
            "network.resolve",
            "network.endpoints",
            "time.skew",
            "iam.credentials",
            "iam.identity",
            "iam.permissions",
            "machine.memory",
            "machine.root_disk",
            "volume.attachment",
            "volume.status",
            "volume.device",
            "volume.kernel_log",
            "engine.socket",
            "image.registry",
        ),
        explained_by=live_checks,
    ),
    Check(
        id="boot.previous",
        asks="did the boots before this one register, and about as fast?",
        look=_previous,
    ),
)
