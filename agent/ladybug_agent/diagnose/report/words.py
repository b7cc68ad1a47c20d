"""The words for states: each state is told by a word and a sign, never by colour alone."""

from __future__ import annotations

from ladybug_agent.diagnose.check import Result, Status
from ladybug_agent.diagnose.diagnosis import Diagnosis, Opinion

SIGNS: dict[Status | Opinion, str] = {
    "pass": "\u2713",
    "warn": "!",
    "fail": "\u2715",
    "error": "\u2715",
    "skip": "\u2013",
    "healthy": "\u2713",
    "unhealthy": "\u2715",
    "unknown": "?",
}
COUNTED: tuple[tuple[Status, str, str], ...] = (
    ("fail", "failure", "failures"),
    ("error", "check crashed", "checks crashed"),
    ("warn", "warning", "warnings"),
    ("pass", "passed", "passed"),
    ("skip", "not asked", "not asked"),
)
MEANINGS = {
    "safe": "safe: changes nothing that serves",
    "disruptive": "disruptive: may stop answers for a while",
}


def headline(diagnosis: Diagnosis) -> str:
    """Return the verdict as a sentence."""
    who = diagnosis.host.get("instance_id") or "This replica"
    roots = diagnosis.root_causes
    if not roots:
        warned = diagnosis.counted("warn")
        return f"{who} is good" + (f", with {counted(warned, 'warning')}" if warned else "")
    others = f" and {len(roots) - 1} more" if len(roots) > 1 else ""
    return f"{who} is not good: {roots[0].id}{others}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "warning"), counted(0, "warning"), counted(2, "check", "checks")
    ('1 warning', '0 warnings', '2 checks')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def why_not_bad(result: Result) -> str:
    """Return what a failure follows from, or what kept a check from being asked."""
    if result.caused_by:
        return f"Follows from {result.caused_by}."
    return f"Not asked, because of {result.blocked_by}." if result.blocked_by else ""
