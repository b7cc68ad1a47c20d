"""What makes a replica degraded, and never more than that: old data, a volume still loading."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ladybug_agent.announced import announced_reasons
from ladybug_agent.config.data import DataConfig
from ladybug_agent.served import Served

DAY_S = 24 * 3600
HYDRATION_SCHEMA = "ladybug.hydration/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    reasons: tuple[str, ...]
    snapshot_age_s: float | None
    """None where nobody knows when the snapshot was taken."""
    hydration_state: str
    """Empty where nothing was told."""
    hydration_pct: float | None


def judge_freshness(served: Served, rules: DataConfig, state_dir: Path, now: datetime) -> Freshness:
    """Judge age and hydration by what was written; reads one small file."""
    age_s = _age_s(served, now)
    hydration = _hydration(state_dir / "hydration.json")
    state, pct = str(hydration.get("state", "")), hydration.get("pct")
    reasons = []
    if served.volume is None:
        reasons.append("empty_by_request")
    if age_s is not None and rules.on_stale_snapshot == "warn":
        reasons += ["stale_snapshot"] * (age_s > rules.snapshot_max_age_days * DAY_S)
    if hydration.get("below_gate") is True:
        reasons.append("hydrating")
    if state == "failed":
        reasons.append("hydration_failed")
    reasons += announced_reasons(state_dir / "announced.json")
    return Freshness(
        reasons=tuple(reasons),
        snapshot_age_s=age_s,
        hydration_state=state,
        hydration_pct=float(pct) if isinstance(pct, int | float) else None,
    )


def _age_s(served: Served, now: datetime) -> float | None:
    try:
        taken_at = datetime.fromisoformat(served.snapshot_taken_at)
    except ValueError:
        return None
    aware = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)
    return max(0.0, (now - aware).total_seconds())


def _hydration(path: Path) -> dict[str, Any]:
    """Return the report of the hydration; nothing if there is none, or none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    is_one = isinstance(document, dict) and document.get("schema") == HYDRATION_SCHEMA
    return document if is_one else {}
