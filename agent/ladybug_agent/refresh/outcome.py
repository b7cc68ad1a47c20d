"""What came of a refresh, and how its caller is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ladybug_agent.errors import AgentError, error_chain, reason
from ladybug_agent.exit_status import ExitStatus

SCHEMA = "ladybug.refresh/1"

Result = Literal["updated", "no-op", "rolled-back", "deferred", "failed"]
"""The first word of the output. Public API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """`failed` without a change of container: nothing was touched; otherwise see `message`."""

    result: Result
    code: str = ""
    message: str = ""
    hint: str = ""
    error: tuple[str, ...] = ()
    from_digest: str = ""
    to_digest: str = ""
    container_id: str = ""
    is_told: bool = True
    """The registry says what is."""
    total_s: float = 0.0

    def document(self) -> dict[str, Any]:
        """Return the JSON form; public API."""
        return {"schema": SCHEMA, **asdict(self), "error": list(self.error)}

    @property
    def status(self) -> ExitStatus:
        """Return 75 for `deferred`: try again later (EX_TEMPFAIL of sysexits.h)."""
        match self.result:
            case "deferred":
                return ExitStatus.BUSY
            case "rolled-back" | "failed":
                return ExitStatus.NOT_GOOD
            case _:
                return ExitStatus.GOOD if self.is_told else ExitStatus.RESULT_NOT_WRITTEN


def ended(result: Result, error: AgentError, **more: Any) -> Refreshed:
    """Return a result whose reason is an error."""
    why = reason(error) or error
    return Refreshed(
        result=result,
        code=why.code,
        message=str(why),
        hint=why.hint,
        error=tuple(error_chain(error)),
        **more,
    )


def refresh_lines(document: dict[str, Any]) -> list[str]:
    """Return the result first, because SSM keeps the head of what a command prints.

    >>> refresh_lines(Refreshed(result="no-op", to_digest="sha256:" + "a" * 64).document())
    ['no-op image sha256:aaaaaaaaaaaa in 0.0 s']
    """
    old, new = (_short(document[name]) for name in ("from_digest", "to_digest"))
    images = f" image {old} -> {new}" if old and old != new else f" image {new}" if new else ""
    lines = [f"{document['result']}{images} in {document['total_s']:.1f} s"]
    if document["code"]:
        lines.append(f"  {document['code']}: {document['message']}")
        lines += [f"  because {cause}" for cause in document["error"][1:]]
    if document["hint"]:
        lines.append(f"  to do: {document['hint']}")
    if not document["is_told"]:
        lines.append("  the registry was not told: the next health check tells it")
    return lines


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
