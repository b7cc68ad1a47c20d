"""The graph registry: which instance has which graph. For `register` of a shared master only."""

from __future__ import annotations

from typing import Protocol

from ladybug_agent.ports.registry import Row


class GraphRegistry(Protocol):
    """The DynamoDB table of graphs. No replica has one of these in its hands."""

    def graph(self, graph_id: str) -> Row | None:
        """Return the graph's row by a strongly consistent read."""

    def claim(self, graph_id: str, values: Row, *, seen: Row | None) -> bool:
        """Write the owner's values, if the row is as it was `seen`; return whether it was.

        Everything else in the row is kept, and so is its `created_at`.
        """
