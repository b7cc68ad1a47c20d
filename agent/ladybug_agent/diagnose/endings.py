"""From the ways in which a look can end to a result."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from ladybug_agent.diagnose.check import (
    CRASHED,
    TIMED_OUT,
    Check,
    Found,
    Remedy,
    Result,
    Status,
)
from ladybug_agent.diagnose.remedies import remedy_for
from ladybug_agent.errors import AgentError, reason


def found(check: Check, seen: Found, took_ms: float) -> Result:
    """Return a pass, a warning where the look has a code for one, or that nothing was asked."""
    status: Status = "warn" if seen.code else "pass"
    return Result(
        id=check.id,
        status=status if seen.is_asked else "skip",
        message=seen.message,
        code=seen.code,
        evidence=seen.evidence,
        remedy=seen.remedy or (remedy_for(seen.code, "") if seen.code else None),
        duration_ms=took_ms,
    )


def raised(check: Check, error: BaseException, took_ms: float) -> Result:
    """Return a failure for one of our errors, and for any other that the check crashed."""
    if not isinstance(error, AgentError):
        return _crashed(check, error, took_ms)
    why = reason(error) or error
    return Result(
        id=check.id,
        status="fail",
        message=str(why),
        code=why.code,
        evidence=why.facts,
        remedy=_with_actions(remedy_for(why.code, why.hint), why),
        duration_ms=took_ms,
    )


def _with_actions(remedy: Remedy | None, why: AgentError) -> Remedy | None:
    """Add the IAM actions that the error names."""
    actions = str(why.facts.get("iam_action", ""))
    if not actions:
        return remedy
    return replace(remedy or Remedy(text=why.hint), iam=tuple(actions.split(", ")))


def given_up(check: Check, took_ms: float) -> Result:
    return Result(
        id=check.id,
        status="error",
        code=TIMED_OUT,
        message=f"wanted an answer within the time, found none after {took_ms / 1000:.1f} s",
        remedy=remedy_for(TIMED_OUT, ""),
        duration_ms=took_ms,
    )


def not_reached(check: Check) -> Result:
    return Result(
        id=check.id,
        status="error",
        code=TIMED_OUT,
        message="the time was up before it could be asked",
        remedy=remedy_for(TIMED_OUT, ""),
    )


def blocked(check: Check, by: Result) -> Result:
    return Result(
        id=check.id,
        status="skip",
        message=f"not asked: {by.id} {'was skipped' if by.status == 'skip' else 'failed'}",
        blocked_by=by.blocked_by or by.id,
    )


def _crashed(check: Check, error: BaseException, took_ms: float) -> Result:
    """Name type and place alone: the text of an exception may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return Result(
        id=check.id,
        status="error",
        code=CRASHED,
        message=f"the check itself failed: {type(error).__name__}{place}",
        remedy=remedy_for(CRASHED, ""),
        duration_ms=took_ms,
    )
