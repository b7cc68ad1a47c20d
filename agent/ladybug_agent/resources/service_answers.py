"""What the answers of the Graph API mean, for the boot as for each health check."""

from __future__ import annotations

import json
from typing import Any

from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.model import HttpReply

OK = 200
EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to
SHOWN_CHARS = 200


def service_url(bind_address: str, port: int) -> str:
    """Return where the service answers on this machine.

    >>> service_url("0.0.0.0", 8001), service_url("10.0.0.5", 8001)
    ('http://127.0.0.1:8001', 'http://10.0.0.5:8001')
    """
    host = "127.0.0.1" if bind_address in EVERYWHERE else bind_address
    return f"http://{host}:{port}"


def judge_health(reply: HttpReply, databases_wanted: int, container: str) -> int:
    """Return the database count of a good `/health` answer; raise NotYet for any other."""
    look = f"the service's own log says why: `docker logs --tail 50 {container}`"
    if reply.status != OK:
        raise NotYet(
            "health_not_ok", f"the service answers {reply.status}: {_shown(reply)}", hint=look
        )
    document = _document(reply)
    if document is None or type(document.get("database_count")) is not int:  # true is an int too
        raise NotYet(
            "health_garbled", f"the service answers 200 with rubbish: {_shown(reply)}", hint=look
        )
    if document.get("status") != "healthy":
        raise NotYet("health_not_ok", f"the service says: {_shown(reply)}", hint=look)
    count: int = document["database_count"]
    if count < databases_wanted:
        raise NotYet(
            "health_databases_missing",
            f"the service has {count} databases, {databases_wanted} were verified on the volume",
            hint="does the image read LBUG_DATABASE_PATH? " + look,
        )
    return count


def judge_info(reply: HttpReply) -> None:
    """Refuse a service that says it can write. One that says nothing of it is let pass."""
    document = _document(reply) if reply.status == OK else None
    if document is not None and document.get("read_only") is False:
        raise Refused(
            "service_writable",
            "the service says that it is not read-only",
            hint="is it the replica's profile? check DOCKER_PROFILE, LBUG_ROLE, LBUG_READ_ONLY",
        )


def _document(reply: HttpReply) -> dict[str, Any] | None:
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):  # the latter for `[[[[…`
        return None
    return document if isinstance(document, dict) else None


def _shown(reply: HttpReply) -> str:
    return reply.body[:SHOWN_CHARS].decode(errors="replace").strip() or "an empty body"
