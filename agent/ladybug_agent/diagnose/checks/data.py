"""How old is the data, and is all of it there?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found, not_asked
from ladybug_agent.diagnose.host import in_short
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.health.freshness import judge_freshness
from ladybug_agent.hydrate.report import read_report, report_path


def _freshness(scene: Scene) -> Found:
    known = sights.served(scene)
    if known is None or known.volume is None:
        return not_asked("nothing that has an age is served")
    rules, now = scene.config.data, scene.clock.utcnow()
    fresh = judge_freshness(known, rules, sights.state_path(scene), now)
    if fresh.snapshot_age_s is None:
        return not_asked("nobody knows when the snapshot was taken")
    text = f"the snapshot is {in_short(fresh.snapshot_age_s)} old"
    evidence = {"taken_at": known.snapshot_taken_at, "most_days": rules.snapshot_max_age_days}
    code = "snapshot_stale" if "stale_snapshot" in fresh.reasons else ""
    return Found(message=text, code=code, evidence=evidence)


def _hydration(scene: Scene) -> Found:
    report = read_report(report_path(sights.state_path(scene)))
    if report is None:
        return not_asked("nobody has reported on the loading of the volume")
    why = f" ({report.reason})" if report.reason else ""
    text = f"hydration {report.state}{why}, {report.pct:g} %"
    evidence = {"volume_id": report.volume_id, "updated_at": report.updated_at}
    if report.state == "failed":
        raise ExternalFailure(
            "hydration_failed",
            f"wanted the volume loaded from S3, found {text}",
            hint="is the volume impaired? else start it again: it goes on where it stopped",
            **evidence,
        )
    code = "hydration_below_gate" if report.below_gate else ""
    return Found(message=text, code=code, evidence=evidence)


CHECKS = (
    Check(id="data.freshness", asks="is the snapshot young enough?", look=_freshness),
    Check(
        id="data.hydration",
        asks="is the volume loaded from S3?",
        look=_hydration,
        follows=("volume.attachment", "volume.status", "volume.device", "volume.kernel_log"),
    ),
)
