"""Figures with a limit: how they are summed up, printed and judged."""

from __future__ import annotations

import statistics
from typing import Any

Results = dict[str, dict[str, Any]]


def figure(values: list[float], limit: float | None, *, at_least: bool = False) -> dict[str, Any]:
    """Sum up; the median holds when it is at most the limit, or at least."""
    median = statistics.median(values)
    within = limit is None or (median >= limit if at_least else median <= limit)
    return {
        "median": round(median, 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "runs": len(values),
        "limit": limit,
        "at_least": at_least,
        "holds": within,
    }


def table(results: Results) -> str:
    width = max(18, *(len(name) + 2 for name in results))
    lines = [f"{'figure':<{width}}{'median':>10}{'least':>10}{'most':>10}{'runs':>6}{'limit':>10}"]
    for name, found in results.items():
        mark = "" if found["holds"] else "  misses its limit"
        lines.append(
            f"{name:<{width}}{found['median']:>10.3f}{found['least']:>10.3f}{found['most']:>10.3f}"
            f"{found['runs']:>6}{_limit(found):>10}{mark}"
        )
    return "\n".join(lines)


def _limit(found: dict[str, Any]) -> str:
    if found["limit"] is None:
        return ""
    return f"{'>= ' if found['at_least'] else ''}{found['limit']:g}"


def all_hold(results: Results) -> bool:
    return all(found["holds"] for found in results.values())
