"""What a drain waits for before it stops anything, and what it waits for at the end."""

from __future__ import annotations

from ladybug_agent.clock import Deadline
from ladybug_agent.drain.run import CALL_S, Drain, attempt, skip, within_call
from ladybug_agent.errors import AgentError, Cancelled, NotYet
from ladybug_agent.ports.lifecycle import LifecycleHook, LoadBalancer
from ladybug_agent.waiting import Pace, wait_until

PACE = Pace(0.2, 3.0)
GONE = "unused"
LEAVING = frozenset({"draining", GONE})
HOPELESS = frozenset({"aws_access_denied", "aws_credentials_rejected"})


def await_deregistered(drain: Drain) -> None:
    """Block until the load balancer sends nothing here any more, asking it to where nobody has."""
    balancer = drain.world.balancer
    if balancer is None:
        skip(drain, "await_deregistered", "`drain.target_group_arn` is not set")
        return
    with drain.record.step("await_deregistered") as step:
        try:
            step.detail = _deregistered(drain, balancer)
        except Cancelled:
            raise
        except AgentError as error:
            step.fail(error)


def _deregistered(drain: Drain, balancer: LoadBalancer) -> str:
    asked = False

    def look() -> str:
        nonlocal asked
        refuse_undone(drain)
        state = _target_state(drain, balancer)
        if state == GONE:
            return "asked for, and done" if asked else "done already"
        if state not in LEAVING and not asked and drain.config.drain.deregister:
            within_call(drain, "the load balancer's answer", balancer.deregister)
            asked = True
        raise NotYet(
            "target_not_deregistered",
            f"the load balancer says `{state}` of this instance",
            hint="its deregistration delay may be longer than `drain.budget_s`",
        )

    return wait_until(look, "the load balancer", deadline=drain.last_call, pace=PACE)


def _target_state(drain: Drain, balancer: LoadBalancer) -> str:
    try:
        return within_call(drain, "the load balancer's answer", balancer.target_state)
    except AgentError as error:
        if error.code in HOPELESS:
            raise
        raise NotYet(
            "target_state_unknown",
            "the load balancer could not be asked about this instance",
            hint="see the cause below",
        ) from error


def await_connections(drain: Drain) -> None:
    """Block until no client has a connection open to the service."""

    def look() -> str:
        refuse_undone(drain)
        count = _open_connections(drain)
        if count == 0:
            return "none is open"
        raise NotYet(
            "connections_open",
            f"clients have {count} connections open",
            hint="clients that keep idle connections never close them by themselves",
        )

    with drain.record.step("await_connections") as step:
        try:
            step.detail = wait_until(look, "open connections", deadline=drain.last_call, pace=PACE)
        except Cancelled:
            raise
        except AgentError as error:
            step.fail(error)


def _open_connections(drain: Drain) -> int:
    name, engine = drain.config.container.name, drain.world.engine
    found = within_call(drain, "the engine's answer", lambda: engine.container(name))
    if found is None or not found.pid:
        return 0
    return drain.world.connections.established(found.pid, drain.config.container.port)


def refuse_undone(drain: Drain) -> None:
    """Raise Cancelled once an operator has undone the drain."""
    if drain.state.drain_undone.exists():
        raise Cancelled("drain_undone", "an operator has undone this drain")


def complete_hook(drain: Drain) -> None:
    """Let Auto Scaling go on.

    It waits for the load balancer by itself before its hook begins: a drain that was faster asks
    again until the hook is there to be completed.
    """
    hook = drain.world.hook
    if hook is None:
        skip(drain, "complete_hook", "`drain.termination_hook` is not set")
        return
    left_s = max(CALL_S, drain.deadline.remaining_s)
    if drain.trigger == "asg_termination":
        limit = Deadline.after(left_s, drain.deadline.clock)
        with drain.record.step("complete_hook") as step:
            try:
                step.detail = wait_until(
                    lambda: _completed(hook, certain=True), "the hook", deadline=limit, pace=PACE
                )
            except AgentError as error:
                step.fail(error)
        return
    attempt(drain, "complete_hook", 2 * CALL_S, lambda: _completed(hook, certain=False))


def _completed(hook: LifecycleHook, *, certain: bool) -> str:
    """Complete the hook; `certain` says that it is on its way if it is not there yet."""
    outcome = hook.complete()
    if outcome.verdict == "accepted" or (outcome.verdict == "not_expected" and not certain):
        return outcome.verdict
    raise NotYet(
        "hook_not_completed",
        f"the termination hook was not completed ({outcome.verdict}): {outcome.detail}",
        hint="it ends by its own time-out; check `drain.termination_hook` and the role's rights",
    )
