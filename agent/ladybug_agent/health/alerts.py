"""Telling people and Auto Scaling: once, with the reason, and only where it is configured."""

from __future__ import annotations

from ladybug_agent.errors import AgentError
from ladybug_agent.health.run import Run, Verdict

SUBJECT_CHARS = 100
PEERS_EVERY_S = 60.0


def notify(run: Run, verdict: Verdict) -> None:
    """Tell the topic that the replica has become unhealthy, and why.

    Quiet in maintenance, and while a replica has not been healthy yet: that is the boot's to tell.
    What could not be told is tried again by the next run.
    """
    state, topic = run.state, run.config.alerts.sns_topic
    due = _last_fall(run)
    if not topic or not due or due == state.notified or state.is_healthy or state.in_maintenance:
        return
    if not run.may_call_aws():
        return
    reason = verdict.look.reason
    why = f"{state.reason_code}: {reason.text}" if reason else state.reason_code
    environment = run.config.instance.environment
    subject = f"{environment} {run.instance_id} is unhealthy: {state.reason_code}"
    try:
        run.world.cloud.notify(topic, subject[:SUBJECT_CHARS], _message(run, why))
    except AgentError as error:
        run.journal.warning("alert_not_sent", code=error.code, message=str(error))
        return
    state.notified = due
    run.journal.info("alert_sent", topic=topic, reason_code=state.reason_code)


def replace_instance(run: Run) -> None:
    """Ask Auto Scaling for another instance, once nothing else helps, unless the peers fail too.

    Takes two runs: one looks at the peers, the next one asks.
    """
    state, rules = run.state, run.config.health
    is_due = (
        rules.replace_instance
        and not state.is_healthy
        and not state.in_maintenance
        and state.restarts_spent
        and not state.replacement_asked
        and run.mono - state.since_mono >= rules.replace_after_s
    )
    if not is_due or not run.may_call_aws():
        return
    try:
        if state.peers_asked_mono and run.mono - state.peers_asked_mono < PEERS_EVERY_S:
            _ask(run)
        elif _share_pct(run) >= rules.replace_most_peers_pct:
            run.journal.error("replacement_held_back", reason_code=state.reason_code)
        else:
            state.peers_asked_mono = run.mono
            if run.may_call_aws():
                _ask(run)
    except AgentError as error:
        run.journal.warning("replacement_not_asked", code=error.code, message=str(error))


def _ask(run: Run) -> None:
    run.world.cloud.give_up_instance(run.instance_id)
    run.state.replacement_asked = True
    run.journal.error(
        "replacement_asked", instance_id=run.instance_id, reason_code=run.state.reason_code
    )


def _share_pct(run: Run) -> float:
    """Return how many of the live peers fail for our reason, in percent; we are no peer."""
    now = int(run.now.timestamp())
    peers = [
        row
        for row in run.world.cloud.peers()
        if row.get("instance_id") != run.instance_id
        and isinstance(lease := row.get("lease_expires_at"), int | float)
        and lease >= now
    ]
    same = [row for row in peers if row.get("reason_code") == run.state.reason_code]
    failing = [row for row in same if row.get("status") == "unhealthy"]
    return 100 * len(failing) / len(peers) if peers else 0.0


def _last_fall(run: Run) -> str:
    """Return the last transition to unhealthy, or nothing if there was none."""
    falls = [told for told in run.state.transitions if ">unhealthy" in told]
    return falls[-1] if falls else ""


def _message(run: Run, why: str) -> str:
    state, row = run.state, run.served.row
    window_s = run.config.health.restart_window_s
    lines = [
        why,
        "",
        f"instance: {run.instance_id} ({row.get('availability_zone', '')})",
        f"since: {state.since}",
        f"failing checks: {', '.join(state.failing) or 'none'}",
        f"restarts in the last {window_s:g} s: {len(state.restarts_mono)}",
        f"snapshot: {row.get('snapshot_id', '')}, image: {run.served.image_digest}",
        "on the instance: sudo ladybug-agent status",
    ]
    return "\n".join(lines)
