"""What a boot that fails does before it ends: tell, withdraw the row, stop what it started.

None of it may hide why the boot failed, so each failure in here is only logged.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ladybug_agent.announce import announce_failure, is_a_verdict
from ladybug_agent.boot import Boot
from ladybug_agent.errors import AgentError, Fenced, NotYet, Refused, reason
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.resources.container import RunningContainer, stop_unproven

log = structlog.get_logger(__name__)

NOBODY_KNOWS = frozenset({"volume_snapshot_unknown", "volume_unidentified"})
"""Waited for in vain because AWS did not answer."""


def report_failure(boot: Boot, error: BaseException) -> None:
    if not is_a_verdict(error):
        return
    with boot.record.step("signal") as step:
        told = announce_failure(boot.world.orchestrators, error)
        step.note(**{outcome.target: outcome.verdict for outcome in told})


def withdrawal(
    boot: Boot, instance: InstanceIdentity, is_due: Callable[[BaseException], bool]
) -> Callable[[object, BaseException | None, object], None]:
    """Return what withdraws our row at the end of a boot that ends with such an error."""

    def leave(_kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and is_due(error):
            _withdraw(boot, instance, error)

    return leave


def is_against_the_replica(boot: Boot, error: BaseException) -> bool:
    """Return whether a replica that was healthy no longer is.

    Something was there but wrong, or was waited for in vain, or no container runs. A service that
    did not answer us (throttling, an outage) says nothing about a replica that serves.
    """
    why = reason(error)
    is_evidence = isinstance(why, Refused | NotYet) and why.code not in NOBODY_KNOWS
    return is_about_us(error) and (is_evidence or not _is_serving(boot))


def _is_serving(boot: Boot) -> bool:
    try:
        found = boot.world.engine.container(boot.config.container.name)
    except AgentError:
        return True  # nobody knows: the lease decides
    return found is not None and found.status == "running"


def is_about_us(error: BaseException) -> bool:
    """Return whether the row is ours to speak for."""
    return not isinstance(error, Fenced)


def _withdraw(boot: Boot, instance: InstanceIdentity, error: BaseException) -> None:
    """Say in the registry that we are not healthy; that it cannot be said must not hide why."""
    why = reason(error)
    try:
        with boot.record.step("withdraw") as step:
            withdrawn = boot.world.instance_registry.withdraw(
                instance.instance_id,
                boot.fence.registration_id,
                reason_code=why.code if why else "internal_error",
            )
            step.note(withdrawn=withdrawn)
    except AgentError as failure:
        log.warning("row_not_withdrawn", instance_id=instance.instance_id, code=failure.code)


def stop_container(boot: Boot, container: RunningContainer) -> None:
    """Stop what this run started; that it cannot be stopped must not hide why it has to be."""
    try:
        with boot.record.step("stop_container"):
            stop_unproven(boot.world.engine, container)
    except AgentError as error:
        log.warning("container_not_stopped", container_id=container.container_id, code=error.code)
