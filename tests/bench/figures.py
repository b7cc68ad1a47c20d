"""Figures with a limit: how they are summed up, printed and judged."""

from __future__ import annotations

import statistics
from typing import Any

Results = dict[str, dict[str, Any]]


def figure(values: list[float], limit: float | None) -> dict[str, Any]:
    median = statistics.median(values)
    return {
        "median": round(median, 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "runs": len(values),
        "limit": limit,
        "holds": limit is None or median <= limit,
    }


def table(results: Results) -> str:
    lines = [f"{'figure':<18}{'median':>10}{'least':>10}{'most':>10}{'runs':>6}{'limit':>10}"]
    for name, found in results.items():
        limit = "" if found["limit"] is None else f"{found['limit']:g}"
        mark = "" if found["holds"] else "  exceeds its limit"
        lines.append(
            f"{name:<18}{found['median']:>10.3f}{found['least']:>10.3f}{found['most']:>10.3f}"
            f"{found['runs']:>6}{limit:>10}{mark}"
        )
    return "\n".join(lines)


def all_hold(results: Results) -> bool:
    return all(found["holds"] for found in results.values())
