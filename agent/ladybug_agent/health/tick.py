"""One health check, top to bottom: look, judge, tell, repair, measure, remember."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.clock import iso_utc
from ladybug_agent.health.alerts import notify, replace_instance
from ladybug_agent.health.capacity import measure
from ladybug_agent.health.freshness import judge_freshness
from ladybug_agent.health.handover import Repaired, heard
from ladybug_agent.health.heartbeat import tell_registry
from ladybug_agent.health.judge import judge
from ladybug_agent.health.leaving import is_leaving
from ladybug_agent.health.look import Before, look_around
from ladybug_agent.health.memory import note_clock, remember
from ladybug_agent.health.metrics import emf_line, metrics_of, send
from ladybug_agent.health.repair_policy import Decision, decide, recent_restarts
from ladybug_agent.health.report import Report
from ladybug_agent.health.run import RegistryWord, Run, Verdict

Repairer = Callable[[Run], Repaired | None]
"""Restarts the container, or has it restarted: None until a later check hears how that ended."""
LEAST_REPAIR_S = 5.0
"""A repair that would be cut off in the middle is better begun by the next check."""


def check_health(run: Run, repair: Repairer) -> Report:
    """Run all of one check. Blocks at most to its deadline, and never fails for a dependency."""
    note_clock(run)
    if run.state.repair_asked:
        _note_repair(run, heard(run))
    # Without a memory nothing can be counted: then one bad check has to do.
    fall = run.config.health.fall if remember(run) else 1
    verdict = _verdict(run, fall)
    decision = _decision(run, verdict, fall)
    margin_s = float(run.state.lease_expires_at - int(run.now.timestamp()))
    registry = tell_registry(run, verdict)
    notify(run, verdict)
    if decision == "restart":
        _repair(run, verdict, repair)
    replace_instance(run)
    line = emf_line(run, verdict, metrics_of(run, verdict, registry, margin_s))
    send(run, line)
    run.state.wall_s, run.state.mono_s = run.now.timestamp(), run.mono
    remember(run)
    _log_ending(run, verdict, registry)
    return Report(run=run, verdict=verdict, registry=registry)


def _verdict(run: Run, fall: int) -> Verdict:
    state, rules = run.state, run.config
    before = Before(kernel_sequence=state.kernel_sequence, checks=state.checks)
    seen = look_around(run.world, run.served, rules.health, run.clock, after=before)
    was = state.failing
    transition = judge(state, seen.look, rules.health, run.now, run.mono, fall=fall)
    state.checks += 1
    state.kernel_sequence = seen.kernel_sequence
    state.last_check_at, state.latency_ms = iso_utc(run.now), seen.look.latency_ms
    verdict = Verdict(
        look=seen.look,
        transition=transition,
        freshness=judge_freshness(run.served, rules.data, run.state_dir, run.now),
        capacity=measure(run.world.machine, run.served, state, run.mono),
    )
    _note_memory_kills(run, oom_killed=seen.oom_killed)
    _note_changes(run, verdict, was)
    return verdict


def _note_memory_kills(run: Run, *, oom_killed: bool) -> None:
    if oom_killed and not run.state.oom_seen:
        run.journal.warning("container_process_out_of_memory", container=run.served.container_name)
    run.state.oom_seen = oom_killed


def _note_changes(run: Run, verdict: Verdict, was: list[str]) -> None:
    """Log what changed; what stays as it was is in the row and in `status`."""
    state = run.state
    reasons = list(verdict.freshness.reasons)
    for check in verdict.look.checks:
        if check.verdict == "fail" and check.code not in was:
            run.journal.warning("check_failed", check=check.name, code=check.code, why=check.text)
        if check.verdict == "unknown":
            run.journal.info("check_unknown", check=check.name, code=check.code, why=check.text)
    if reasons != state.degraded_reasons:
        run.journal.info("degraded_changed", reasons=reasons, before=state.degraded_reasons)
        state.degraded_reasons = reasons
    if verdict.transition:
        write = run.journal.info if state.is_healthy else run.journal.error
        write(
            "health_changed", status=state.status, reason_code=state.reason_code,
            failing=state.failing, flapping=state.is_flapping,
        )  # fmt: skip
    if state.is_healthy and state.ok_streak >= run.config.health.rise:
        state.restarts_spent, state.replacement_asked = False, False
    if verdict.look.reason is None:
        state.starting_since_mono = 0.0


def _decision(run: Run, verdict: Verdict, fall: int) -> Decision:
    """Decide before anybody is told, so that the row says the same."""
    state, rules = run.state, run.config.health
    state.restarts_mono = recent_restarts(state, rules, run.mono)
    decision = decide(state, verdict.look, rules, run.mono, fall=fall)
    if decision == "spent" and not state.restarts_spent:
        state.restarts_spent = True
        run.journal.error(
            "restarts_spent", budget=rules.restart_budget, window_s=rules.restart_window_s,
            reason_code=verdict.look.codes[0],
        )  # fmt: skip
    return decision


def _repair(run: Run, verdict: Verdict, repair: Repairer) -> None:
    """Restart the container, unless somebody else decides over it now."""
    state = run.state
    if state.in_maintenance or is_leaving(run):
        run.journal.info("restart_left_undone", desired=state.desired, leaving=is_leaving(run))
        return
    if run.deadline.remaining_s < LEAST_REPAIR_S:
        run.journal.warning("restart_put_off", left_s=round(run.deadline.remaining_s, 1))
        return
    # Counted before it is tried: a repair that ends this process must not be tried for ever.
    state.restarts_mono = [*state.restarts_mono, run.mono]
    state.restarts_total += 1
    state.starting_since_mono = run.mono
    remember(run)
    run.journal.warning(
        "restart_started", reason_code=verdict.look.codes[0], restart=len(state.restarts_mono)
    )
    _note_repair(run, repair(run))


def _note_repair(run: Run, ending: Repaired | None) -> None:
    """Take note of how a restart ended; one that goes on in another process has not."""
    state = run.state
    if ending is None:
        return
    if ending.outcome == "done":
        state.container_id = ending.container_id
        run.journal.info("restart_finished", restart=len(state.restarts_mono))
        return
    state.starting_since_mono = 0.0
    if ending.outcome == "busy":
        state.restarts_mono = state.restarts_mono[:-1]
        state.restarts_total -= 1
        run.journal.info("restart_left_undone", code=ending.code)
        return
    run.journal.error("restart_failed", code=ending.code, message=ending.message, hint=ending.hint)


def _log_ending(run: Run, verdict: Verdict, registry: RegistryWord) -> None:
    """Write the canonical line: one event that tells the whole check."""
    state = run.state
    run.journal.info(
        "health_check_finished",
        status=state.status,
        reason_code="" if state.is_healthy else state.reason_code,
        failing=state.failing,
        degraded_reasons=state.degraded_reasons,
        registry=registry,
        hb_seq=state.hb_seq,
        latency_ms=verdict.look.latency_ms,
        duration_s=round(run.clock.monotonic() - run.mono, 3),
    )
