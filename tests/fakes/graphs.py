"""The graph registry, in memory."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.ports.registry import Row


class FakeGraphs:
    """Rows by graph id. `before_claim` runs once, between somebody's look and their claim."""

    def __init__(self, *rows: Row) -> None:
        self.rows: dict[str, Row] = {str(row["graph_id"]): dict(row) for row in rows}
        self.before_claim: Callable[[], object] | None = None
        self.writes = 0

    def graph(self, graph_id: str) -> Row | None:
        return self.rows.get(graph_id)

    def claim(self, graph_id: str, values: Row, *, seen: Row | None) -> bool:
        meddle, self.before_claim = self.before_claim, None
        if meddle:
            meddle()
        held = self.rows.get(graph_id)
        if (held or {}).get("instance_id") != (seen or {}).get("instance_id"):
            return False
        if held is None and seen is not None:
            return False
        kept = {"created_at": held["created_at"]} if held and "created_at" in held else {}
        self.rows[graph_id] = {**(held or {}), "graph_id": graph_id, **values, **kept}
        self.writes += 1
        return True
