"""The gate: a healthy service counts as ready when it is warm, or when it has been waited for.

A replica that answers slowly beats none: what the gate asked for and did not get in time makes it
degraded, never unhealthy.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.errors import DeadlineExceeded, NotYet, Refused
from ladybug_agent.model import HttpReply
from ladybug_agent.ports import Http
from ladybug_agent.resources.hydration.warming import Warming
from ladybug_agent.resources.service import HealthyService
from ladybug_agent.resources.service_answers import service_url
from ladybug_agent.waiting import BRISK, Pace, wait_until

log = structlog.get_logger(__name__)

OK = 200
REFUSALS = frozenset(range(400, 500)) - {408, 425, 429}
"""But for what may pass: too slow, too early, too many."""
LOOKING = Pace(0.02, 0.25)
"""At events in this process: that costs nothing."""
HYDRATING = "hydrating"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyService:
    """Evidence: the service is healthy, and as warm as was asked for, or says that it is not."""

    service: HealthyService
    hydration_state: str
    """`off`, `hydrating`, `warm` or `complete`; see `ladybug_agent.hydrate.report`."""
    hydration_pct: float
    """Of the databases' blocks, how many have been touched."""
    still_waited_for: str
    """What of the gate was not reached in time; empty if all was."""

    @property
    def degraded_reasons(self) -> tuple[str, ...]:
        own = (HYDRATING,) if self.still_waited_for else ()
        return (*self.service.container.servable.data.degraded_reasons, *own)


def await_gate(
    check: Callable[[], None],
    rules: HydrationConfig,
    deadline: Deadline,
    sleep: Callable[[float], None] | None = None,
) -> str:
    """Block until `check` passes or the gate's time is up; return what was still waited for.

    `sleep` may wake early, as that of `wait_until`.
    Raises what `check` raises, but for NotYet, and Cancelled; DeadlineExceeded only if `deadline`
    itself is over.
    """
    try:
        wait_until(
            check,
            "the volume to be warm",
            deadline=deadline.capped(rules.gate_timeout_s),
            pace=LOOKING,
            sleep=sleep,
        )
    except DeadlineExceeded as error:
        if deadline.is_over:
            raise
        log.warning("gate_given_up", gate=rules.gate, waited_for=str(error.__cause__))
        return str(error.__cause__)
    return ""


def check_warming(warming: Warming, rules: HydrationConfig) -> None:
    """Raise NotYet unless the volume is as warm as the gate asks."""
    if rules.gate == "hot" and not warming.touched.is_set():
        raise NotYet("hydration_not_hot", f"the {warming.hot_blocks} hot blocks are being read")
    if rules.gate == "full" and not warming.loaded.is_set():
        raise NotYet("hydration_not_full", f"{warming.pct:.0f} % of the blocks have been read")


class Probes:
    """The configured queries; each is asked until it has been answered once.

    A query of an impaired volume may have no answer for as long as the gate is: `ask` is for a
    thread of its own, beside one that looks at everything else.
    """

    def __init__(
        self, http: Http, service: HealthyService, rules: HydrationConfig, deadline: Deadline
    ) -> None:
        spec = service.container.spec
        self._base = service_url(spec.bind_address, spec.port)
        self._http = http
        self._deadline = deadline.capped(rules.gate_timeout_s)
        self._left = [] if rules.gate == "none" else list(rules.probes)

    @property
    def unanswered(self) -> str:
        """The query that is waited for; empty if none is."""
        return self._left[0] if self._left else ""

    def ask(self) -> None:
        """Block until all have been answered, or the gate's time is up. Raises Refused."""
        wait_until(self._ask, "the probes to be answered", deadline=self._deadline, pace=BRISK)

    def _ask(self) -> None:
        while self._left:
            database, _, cypher = self._left[0].partition(":")
            url = f"{self._base}/databases/{database}/query"
            body = json.dumps({"cypher": cypher.strip()}).encode()
            _judge(self._http.post(url, body, self._deadline), self._left[0])
            self._left.pop(0)


def _judge(reply: HttpReply, probe: str) -> None:
    said = reply.body[:200].decode(errors="replace").strip()
    if reply.status in REFUSALS:
        raise Refused(
            "probe_refused",
            f"the service refuses the probe `{probe}` with {reply.status}: {said}",
            hint="correct `hydration.probes`: each is `database: cypher`",
        )
    if reply.status != OK:
        raise NotYet(
            "probe_unanswered", f"the service answers the probe `{probe}` with {reply.status}"
        )
