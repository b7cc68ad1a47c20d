"""Does our container run as it was made, and does it answer well?"""

from __future__ import annotations

import json
from typing import Any

from ladybug_agent.clock import Clock
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.health.findings import Check, check
from ladybug_agent.model import HttpReply
from ladybug_agent.model.containers import BindMount, ContainerFacts
from ladybug_agent.ports.tick import LookAtContainers, LookAtService
from ladybug_agent.resources.container_rules import refuse_foreign, refuse_unrestricted
from ladybug_agent.resources.service_answers import OK, SHOWN_CHARS, judge_health, service_url
from ladybug_agent.served import Served


def look_at_container(engine: LookAtContainers, served: Served) -> tuple[Check, bool]:
    """Look at the container; return the check, and whether a process in it ran out of memory.

    A process that the kernel killed in a container that goes on is no verdict: the service's
    answers are.
    """
    oom_killed = False

    def look() -> str:
        nonlocal oom_killed
        found = engine.container(served.container_name)
        judged = refuse_not_serving(found, served)
        refuse_other_spec(judged, served)
        oom_killed = judged.oom_killed
        return f"{judged.name} runs ({judged.container_id[:12]})"

    return check("container", look), oom_killed


def refuse_not_serving(found: ContainerFacts | None, served: Served) -> ContainerFacts:
    """Return the container if it is the expected one, and runs."""
    name = served.container_name
    if found is None:
        raise Refused(
            "container_missing",
            f"there is no container {name} any more",
            hint="who removed it? `docker events --since 1h --filter type=container`",
        )
    refuse_foreign(found)
    if found.container_id != served.container_id:
        raise Refused(
            "container_replaced",
            f"the container {name} was removed or replaced by someone else",
            hint="nothing but the agent may start it: look for a cron job or a unit that does",
        )
    refuse_not_running(found)
    return found


def refuse_other_spec(found: ContainerFacts, served: Served) -> None:
    """Refuse a container of another image, or one with more rights than it was made with."""
    name = served.container_name
    if found.image_id != served.image_id:
        raise Refused(
            "container_image_differs",
            f"wanted {name} of {served.image_digest} ({served.image_id}), it runs {found.image_id}",
            hint=f"`docker rm --force {name}`, then run the boot again",
        )
    data = BindMount(source=served.data_source, target=served.data_target, read_only=True)
    refuse_unrestricted(found, user=served.user, data=data)


def refuse_not_running(found: ContainerFacts) -> None:
    if found.status == "running":
        return
    if found.status == "exited" and found.oom_killed:
        raise Refused(
            "container_out_of_memory",
            f"the container {found.name} was killed for using too much memory",
            hint="raise `container.memory_bytes`, or take a larger instance",
        )
    if found.status == "paused":
        raise Refused(
            "container_paused",
            f"the container {found.name} is paused: it answers nobody",
            hint=f"who did that? `docker unpause {found.name}`",
        )
    how = f", exit code {found.exit_code}" if found.status == "exited" else ""
    raise Refused(
        "container_exited",
        f"the container is {found.status}{how}",
        hint=f"all of its log: `docker logs {found.name}`",
        exit_code=found.exit_code,
        oom_killed=found.oom_killed,
    )


def look_at_service(
    http: LookAtService, served: Served, rules: HealthConfig, clock: Clock
) -> tuple[Check, float]:
    """Ask for `/health`; return the check and how long a good answer took, in milliseconds."""
    began = clock.monotonic()

    def look() -> str:
        url = service_url(served.bind_address, served.port) + rules.path
        count = judge_health(http.get(url), len(served.databases), served.container_name)
        return f"healthy with {count} database(s)"

    found = check("service", look)
    took_ms = round(1000 * (clock.monotonic() - began), 1)
    return found, took_ms if found.verdict == "pass" else 0.0


def look_at_query(http: LookAtService, served: Served, rules: HealthConfig) -> Check:
    """Ask the query whose answer is known."""
    database = rules.query_database or next(iter(served.databases), "")
    if not rules.query or not database:
        return Check(name="query", verdict="skip", text="no query is configured")

    base = service_url(served.bind_address, served.port)
    return check("query", lambda: ask_query(http, base, database, rules))


def ask_query(http: LookAtService, base: str, database: str, rules: HealthConfig) -> str:
    """Return the right answer in a sentence. Raises NotYet without one, Refused for another."""
    body = json.dumps({"cypher": rules.query}).encode()
    found = read_answer(http.post(f"{base}/databases/{database}/query", body))
    if found != rules.query_answer:
        raise Refused(
            "query_answer_wrong",
            f"asked {database} for `{rules.query}`, wanted {rules.query_answer!r},"
            f" found {found[:SHOWN_CHARS]!r}",
            hint="was `health.query_answer` taken from this snapshot? then the engine reads"
            " wrong data: replace the instance",
        )
    return f"{database} answers {found}"


def read_answer(reply: HttpReply) -> str:
    """Return the only value of an answer, as text. Raises NotYet for any other answer."""
    if reply.status != OK:
        raise _no_answer(reply)
    try:
        document: Any = json.loads(reply.body)
        ((value,),) = document["rows"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _no_answer(reply) from error
    return value if isinstance(value, str) else json.dumps(value)


def _no_answer(reply: HttpReply) -> NotYet:
    shown = reply.body[:SHOWN_CHARS].decode(errors="replace").strip()
    return NotYet(
        "query_failed",
        f"the service answers the known query with {reply.status}: {shown or 'an empty body'}",
        hint="try `health.query` by hand; it must return one row of one value",
    )
