"""Tell everyone who waits for the boot how it went."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ladybug_agent.errors import Busy, Cancelled, ExternalFailure, Fenced, describe, reason
from ladybug_agent.model import SignalOutcome
from ladybug_agent.ports import Orchestrator


def announce_success(orchestrators: Sequence[Orchestrator], reason: str) -> list[SignalOutcome]:
    """Tell success. Raises ExternalFailure if someone who waits could not be told."""
    outcomes = _tell(orchestrators, success=True, reason=reason)
    failed = [outcome for outcome in outcomes if outcome.verdict == "failed"]
    if failed:
        raise ExternalFailure(
            "signal_failed",
            "the replica is registered, but could not tell "
            + "; ".join(f"{outcome.target} ({outcome.detail})" for outcome in failed),
            hint="run the boot again: it changes nothing but repeats the signals; without them the"
            " launch hook times out and the instance is replaced",
        )
    return outcomes


def announce_failure(
    orchestrators: Sequence[Orchestrator], error: BaseException
) -> list[SignalOutcome]:
    """Tell failure and why; blocks for at most about 2 s. Failing to tell is only an outcome."""
    return _tell(orchestrators, success=False, reason=describe(error))


def is_a_verdict(error: BaseException) -> bool:
    """Return whether the error says something about the instance.

    Being told to stop does not: the next run decides, and the launch hook's own time-out is the
    net. Nor does a registration that another live agent holds: ABANDON would end a replica that
    serves. An instance that is being terminated fails nothing that is not over.
    """
    why = reason(error)
    is_over = why is not None and why.code in {"instance_terminating", "instance_draining"}
    return not is_over and not isinstance(error, Cancelled | Busy | Fenced)


def _tell(
    orchestrators: Sequence[Orchestrator], *, success: bool, reason: str
) -> list[SignalOutcome]:
    if len(orchestrators) < 2:  # noqa: PLR2004 - alone, it makes nobody late and needs no thread
        return [one.signal(success=success, reason=reason) for one in orchestrators]
    # Side by side: one that does not answer must not make the others late.
    with ThreadPoolExecutor(max_workers=len(orchestrators)) as pool:
        return list(pool.map(lambda o: o.signal(success=success, reason=reason), orchestrators))
