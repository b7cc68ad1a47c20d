"""The gate: what it waits for, for how long, and what a replica says that was not waited for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.evidence import FRESH, a_container, a_ready_service, a_servable, a_service, a_snapshot
from fakes.reasons import why
from fakes.service import FakeHttp, json_reply
from ladybug_agent.clock import Deadline
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, NotYet, Refused
from ladybug_agent.model import HttpReply
from ladybug_agent.resources.hydration.readiness import Probes, await_gate, check_warming
from ladybug_agent.resources.hydration.warming import Warming

PROBE = "sec: MATCH (n:Entity) RETURN count(n)"
PATH = "/databases/sec/query"
ANSWER = json_reply({"rows": [[1]]})


def rules(tmp_path: Path, **changes: Any) -> HydrationConfig:
    return replace(a_config(tmp_path).hydration, **changes)


class Warm:
    """A check that passes when the clock has come so far."""

    def __init__(self, clock: FakeClock, after_s: float) -> None:
        self._clock = clock
        self._after_s = after_s

    def __call__(self) -> None:
        if self._clock.passed_s < self._after_s:
            raise NotYet("hydration_not_hot", "the 12 hot blocks are being read")


def test_what_is_warm_at_once_is_not_waited_for(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    assert await_gate(Warm(clock, 0.0), rules(tmp_path), deadline) == ""
    assert clock.passed_s == 0.0


def test_what_becomes_warm_in_time_is_noticed_soon(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    assert await_gate(Warm(clock, 20.0), rules(tmp_path), deadline) == ""
    assert 20.0 <= clock.passed_s <= 20.25


def test_what_is_not_warm_in_time_is_given_up_and_named(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    missing = await_gate(Warm(clock, 1e9), rules(tmp_path, gate_timeout_s=60.0), deadline)
    assert missing == "the 12 hot blocks are being read"
    assert clock.passed_s == pytest.approx(60.0)


def test_when_the_time_of_the_boot_is_up_the_boot_fails(tmp_path: Path, clock: FakeClock) -> None:
    limit = Deadline.after(30.0, clock)
    with pytest.raises(DeadlineExceeded) as failure:
        await_gate(Warm(clock, 1e9), rules(tmp_path, gate_timeout_s=60.0), limit)
    assert why(failure.value).code == "hydration_not_hot"


def test_a_boot_that_is_told_to_stop_waits_no_longer(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        await_gate(Warm(clock, 1e9), rules(tmp_path), deadline)


def test_a_check_that_fails_ends_the_wait(tmp_path: Path, deadline: Deadline) -> None:
    def fail() -> None:
        raise Refused("probe_refused", "it is refused")

    with pytest.raises(Refused):
        await_gate(fail, rules(tmp_path), deadline)


def warming(*, touched: bool = False, warmed: bool = False, loaded: bool = False) -> Warming:
    found = Warming(hot_blocks=12, pct=33.3)
    for event, is_set in (
        (found.touched, touched),
        (found.warmed, warmed),
        (found.loaded, loaded),
    ):
        if is_set:
            event.set()
    return found


@pytest.mark.parametrize("gate", ["none", "open"])
def test_a_gate_that_asks_for_no_block_is_open_at_once(tmp_path: Path, gate: str) -> None:
    check_warming(warming(), rules(tmp_path, gate=gate))


def test_the_hot_gate_waits_for_one_page_of_each_hot_block(tmp_path: Path) -> None:
    with pytest.raises(NotYet, match="the 12 hot blocks") as late:
        check_warming(warming(), rules(tmp_path, gate="hot"))
    assert late.value.code == "hydration_not_hot"
    check_warming(warming(touched=True), rules(tmp_path, gate="hot"))


def test_the_full_gate_waits_for_every_block(tmp_path: Path) -> None:
    with pytest.raises(NotYet, match="33 % of the blocks") as late:
        check_warming(warming(touched=True, warmed=True), rules(tmp_path, gate="full"))
    assert late.value.code == "hydration_not_full"
    check_warming(warming(touched=True, warmed=True, loaded=True), rules(tmp_path, gate="full"))


def probes(tmp_path: Path, http: FakeHttp, deadline: Deadline, **changes: Any) -> Probes:
    return Probes(
        http, a_service(tmp_path), rules(tmp_path, **{"probes": (PROBE,), **changes}), deadline
    )


def answering(clock: FakeClock, reply: HttpReply = ANSWER, **how: Any) -> FakeHttp:
    return FakeHttp(clock, replies={PATH: reply}, **how)


def test_a_probe_is_asked_of_its_database(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    http = answering(clock)
    asked = probes(tmp_path, http, deadline)
    assert asked.unanswered == PROBE
    asked.ask()
    assert [json.loads(body) for body in http.posted] == [
        {"cypher": "MATCH (n:Entity) RETURN count(n)"}
    ]
    assert asked.unanswered == ""


def test_a_query_may_have_colons_of_its_own(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    http = answering(clock)
    probes(tmp_path, http, deadline, probes=("sec:MATCH (a)-[:OF]->(b:C) RETURN b",)).ask()
    assert json.loads(http.posted[0]) == {"cypher": "MATCH (a)-[:OF]->(b:C) RETURN b"}


def test_no_probes_are_not_asked(tmp_path: Path, clock: FakeClock, deadline: Deadline) -> None:
    http = answering(clock)
    probes(tmp_path, http, deadline, probes=()).ask()
    assert http.posted == []


def test_without_a_gate_no_probe_is_asked(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    assert probes(tmp_path, answering(clock), deadline, gate="none").unanswered == ""


def test_a_service_that_is_slow_is_asked_again(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    probes(tmp_path, answering(clock, answers_after_s=15.0), deadline).ask()
    assert 15.0 <= clock.passed_s < 17.0


def test_what_was_answered_once_is_not_asked_again(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    http = answering(clock)
    http.replies["/databases/industry/query"] = HttpReply(status=503, body=b"starting")
    asked = probes(tmp_path, http, deadline, probes=(PROBE, "industry: RETURN 1"))
    with pytest.raises(DeadlineExceeded):
        asked.ask()
    bodies = [json.loads(body)["cypher"] for body in http.posted]
    assert bodies.count("RETURN 1") > 10
    assert len(bodies) - bodies.count("RETURN 1") == 1
    assert asked.unanswered == "industry: RETURN 1"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 302])
def test_an_answer_that_may_pass_is_waited_out(
    tmp_path: Path, clock: FakeClock, deadline: Deadline, status: int
) -> None:
    http = answering(clock, HttpReply(status=status, body=b""))
    asked = probes(tmp_path, http, deadline, gate_timeout_s=60.0)
    with pytest.raises(DeadlineExceeded):
        asked.ask()
    assert asked.unanswered == PROBE
    assert clock.passed_s == pytest.approx(60.0)
    assert len(http.posted) > 10


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_probe_that_is_refused_is_an_error_with_the_words_of_the_service(
    tmp_path: Path, clock: FakeClock, deadline: Deadline, status: int
) -> None:
    http = answering(clock, HttpReply(status=status, body=b'{"detail": "no table Entity"}'))
    with pytest.raises(Refused, match=f"with {status}: .*no table Entity") as refusal:
        probes(tmp_path, http, deadline).ask()
    assert refusal.value.code == "probe_refused"


def test_a_refusal_that_is_no_text_does_no_harm(
    tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    http = answering(clock, HttpReply(status=400, body=b"\xff\xfe" * 5000))
    with pytest.raises(Refused) as refusal:
        probes(tmp_path, http, deadline).ask()
    assert len(str(refusal.value)) < 1000


def test_probes_are_asked_no_longer_than_the_gate_waits(tmp_path: Path, clock: FakeClock) -> None:
    http = answering(clock, answers_after_s=1e9)
    with pytest.raises(DeadlineExceeded):
        probes(tmp_path, http, Deadline.after(900.0, clock), gate_timeout_s=5.0).ask()
    assert clock.passed_s == pytest.approx(5.0)


def test_a_replica_that_was_not_waited_for_is_degraded(tmp_path: Path) -> None:
    ready = a_ready_service(tmp_path, still_waited_for="the 12 hot blocks are being read")
    assert ready.degraded_reasons == ("hydrating",)


def test_a_replica_that_is_warm_is_not_degraded(tmp_path: Path) -> None:
    assert a_ready_service(tmp_path).degraded_reasons == ()


def test_reasons_of_the_data_come_before_those_of_the_gate(tmp_path: Path) -> None:
    stale = a_snapshot(tmp_path, lineage=replace(FRESH, is_stale=True))
    container = a_container(tmp_path, servable=a_servable(tmp_path, data=stale))
    ready = a_ready_service(tmp_path, container=container, still_waited_for="12 blocks")
    assert ready.degraded_reasons == (*stale.degraded_reasons, "hydrating")
    assert len(ready.degraded_reasons) == 2
