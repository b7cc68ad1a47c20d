"""What is to be registered, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ladybug_agent.exit_status import ExitStatus

SCHEMA = "ladybug.register/1"

NodeType = Literal["shared_master", "writer"]
Written = Literal["registered", "renewed", "kept"]
Claim = Literal["claimed", "kept", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWish:
    node_type: NodeType
    databases: tuple[str, ...]
    port: int = 8001
    health_path: str = "/health"
    max_databases: int | None = None
    """None takes the number of databases."""
    wait_s: float = 0.0
    """How long a service that does not answer well yet is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """`status` is what the row says of the node now."""

    result: Written
    status: str
    code: str = ""
    """Why the node is not healthy."""
    message: str = ""
    graphs: dict[str, Claim]
    """What came of each claim of the graph registry; `held` by another instance that lives."""
    instance_id: str

    @property
    def exit_status(self) -> ExitStatus:
        if "held" in self.graphs.values():
            return ExitStatus.FENCED
        return ExitStatus.GOOD if self.status == "healthy" else ExitStatus.NOT_GOOD

    def document(self) -> dict[str, Any]:
        """Return the JSON form; public API."""
        return {"schema": SCHEMA, **asdict(self)}


def register_lines(document: dict[str, Any]) -> list[str]:
    """Return the result first.

    >>> done = Registered(result="kept", status="healthy", graphs={"sec": "held"}, instance_id="i")
    >>> register_lines(done.document())
    ['kept i: healthy', '  held sec']
    """
    lines = [f"{document['result']} {document['instance_id']}: {document['status']}"]
    if document["code"]:
        lines.append(f"  {document['code']}: {document['message']}")
    return lines + [f"  {claim} {graph}" for graph, claim in document["graphs"].items()]
