"""The steps of a drain, each bounded, each true already where there is nothing to do."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.drain.run import CALL_S, STOP_SLACK_S, Drain, attempt, skip, within_call
from ladybug_agent.errors import AgentError, ExternalFailure, Fenced
from ladybug_agent.lock_waits import await_lock
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.ports import Row
from ladybug_agent.ports.registry import LeavingStatus
from ladybug_agent.resources.container_rules import SPEC_LABEL
from ladybug_agent.served import read_served

TERMINATED_TTL_S = 24 * 3600
"""How long the row of a replica that is gone stays for people to look at."""
BOOT_ENDS_S = 10.0
ALIVE = frozenset({"running", "paused", "restarting"})


def say(drain: Drain, status: LeavingStatus) -> bool:
    """Take our row forward; return whether it says so now, or there is none that could."""
    registration_id = drain.state.known_registration_id()
    if registration_id is None:
        skip(drain, f"row_{status}", "no boot of this agent has begun: there is no row of ours")
        return True
    values: dict[str, str | int | float | bool] = {"reason_code": drain.trigger}
    if status == "terminated":
        now = int(drain.deadline.clock.utcnow().timestamp())
        values["ttl"] = now + TERMINATED_TTL_S

    def write() -> str:
        return _written(drain, registration_id, status, values)

    return attempt(drain, f"row_{status}", CALL_S, write)


def _written(drain: Drain, registration_id: str, status: LeavingStatus, values: Row) -> str:
    outcome = drain.world.registry.leave(drain.world.instance_id(), registration_id, status, values)
    if outcome.verdict == "fenced":
        raise Fenced(
            "registration_fenced",
            f"wanted to drain {drain.world.instance_id()}, found its row held by registration"
            f" {outcome.row.get('registration_id')}",
            hint="the agent that registered it drains it; a second one has another state directory",
            held_by=outcome.row.get("registration_id"),
            held_status=outcome.row.get("status"),
        )
    told = {
        "written": f"the row says {status}",
        "missing": "there is no row",
        "leaving": f"the row says {outcome.row.get('status')} already",
    }
    return told.get(outcome.verdict, outcome.verdict)


def end_boot(drain: Drain, held: ExitStack) -> None:
    """Stop a boot that is under way, and keep any other from starting until `held` is closed."""
    pid = drain.state.lock_holder()

    with drain.record.step("end_boot") as step:
        if pid is not None:
            drain.world.processes.terminate(pid)
            step.detail = f"told process {pid} to stop"
        try:
            limit = drain.deadline.capped(BOOT_ENDS_S)
            await_lock(held, drain.state.locked, "the boot to end", limit)
        except AgentError as error:
            step.fail(error)  # it must not register, and it looks at the record before it does


def stop_container(drain: Drain) -> bool:
    """Stop the container and leave it for inspection; return whether nothing of ours runs now."""
    grace_s = drain.config.drain.stop_grace_s

    def stop() -> str:
        found = _ours(drain)
        if found is None or found.status not in ALIVE:
            return "no container of the agent's runs"
        drain.world.engine.stop(found.container_id, grace_s=grace_s)
        left = _ours(drain)
        if left is not None and left.status in ALIVE:
            raise ExternalFailure(
                "container_not_stopped",
                f"the engine was asked to stop {left.name}, which is {left.status} now",
                hint=f"`docker kill --signal {signal.Signals.SIGKILL.name} {left.name}`; if it does"
                " not help, the engine hangs: `systemctl status docker`",
            )
        return f"stopped, exit code {left.exit_code}" if left else "stopped, and gone"

    return attempt(drain, "stop_container", grace_s + STOP_SLACK_S, stop)


def is_running(drain: Drain) -> bool:
    """Return whether a container of ours runs; an engine that does not answer counts as yes."""
    try:
        found = within_call(drain, "the engine's answer", lambda: _ours(drain))
    except AgentError:
        return True
    return found is not None and found.status in ALIVE


def _ours(drain: Drain) -> ContainerFacts | None:
    found = drain.world.engine.container(drain.config.container.name)
    return found if found is not None and SPEC_LABEL in found.labels else None


def unmount(drain: Drain) -> None:
    """Unmount the data volume, if what is mounted there is what the boot left."""
    try:
        served = read_served(drain.state.served)
    except AgentError as error:
        skip(drain, "unmount", f"nobody knows what was mounted: {error.code}")
        return
    volume = served.volume if served else None
    if volume is None:
        skip(drain, "unmount", "no boot left a volume mounted")
        return
    path = Path(volume.mount_point)

    def work() -> str:
        entry = drain.world.mounts.at(path)
        if entry is None:
            return "nothing is mounted"
        if entry.device_number != volume.device_number:
            return f"left alone: {entry.source} is mounted there, which the boot did not"
        drain.world.mounts.unmount(path, Deadline.after(CALL_S, drain.deadline.clock))
        return f"unmounted {volume.volume_id}"

    attempt(drain, "unmount", CALL_S + 1, work)
