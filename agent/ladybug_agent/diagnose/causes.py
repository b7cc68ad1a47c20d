"""Which failures are causes and which only follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ladybug_agent.diagnose.check import CRASHED, Check, Result


def find_causes(checks: Sequence[Check], results: Mapping[str, Result]) -> tuple[Result, ...]:
    """Return the results in the order of the checks, each consequence with its root cause.

    `checks` must name causes before consequences. A check that crashed explains nothing: it is a
    fault of its own.
    """
    order = {check.id: place for place, check in enumerate(checks)}
    roots: dict[str, str] = {}
    judged = []
    for check in checks:
        result = results[check.id]
        parents = _explaining(check, result, results, roots)
        # Of several, the one farthest up: the same for all that follows from both.
        root = min((roots[parent] for parent in parents), key=order.__getitem__, default="")
        judged.append(_with_cause(result, root))
        if explained := _root_of(result, root):
            roots[check.id] = explained
    return tuple(judged)


def _explaining(
    check: Check, result: Result, results: Mapping[str, Result], roots: Mapping[str, str]
) -> list[str]:
    """Return the parents that explain a result.

    One that could not be asked explains what needs it, and no more: nobody knows how it is.
    """
    narrowed = check.explained_by(result.code) if check.explained_by and result.is_bad else None
    follows = check.follows if narrowed is None else narrowed
    known_bad = [one for one in follows if one in results and results[one].is_bad]
    return [one for one in (*check.needs, *known_bad) if one in roots]


def _with_cause(result: Result, root: str) -> Result:
    if root and (result.is_bad or result.status == "warn"):
        return replace(result, caused_by=root)
    if result.blocked_by and root:
        return replace(result, blocked_by=root)
    return result


def _root_of(result: Result, root: str) -> str:
    """Return what explains whatever follows from this result; nothing if nothing needs to."""
    if result.is_bad:
        return root or ("" if result.code == CRASHED else result.id)
    return root if result.blocked_by else ""
