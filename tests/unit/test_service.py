"""The service: healthy by its own word, with every verified database, read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock, waited_s
from fakes.engine import FakeEngine
from fakes.evidence import a_database, a_servable, a_snapshot, a_spec
from fakes.service import HEALTHY, INFO, FakeHttp, json_reply
from ladybug_agent.clock import Deadline
from ladybug_agent.config.health import HealthConfig
from ladybug_agent.errors import Cancelled, DeadlineExceeded, Refused, reason
from ladybug_agent.model import HttpReply
from ladybug_agent.resources.container import RunningContainer, ensure_running
from ladybug_agent.resources.service import HealthyService, await_healthy
from ladybug_agent.waiting import BRISK

NEVER = float("inf")


@pytest.fixture
def engine(clock: FakeClock) -> FakeEngine:
    return FakeEngine(clock)


@pytest.fixture
def rules(tmp_path: Path) -> HealthConfig:
    return a_config(tmp_path).health


def start(engine: FakeEngine, tmp_path: Path) -> RunningContainer:
    return ensure_running(engine, a_servable(tmp_path), a_spec(tmp_path))


@pytest.fixture
def container(engine: FakeEngine, tmp_path: Path) -> RunningContainer:
    return start(engine, tmp_path)


def test_a_service_that_is_healthy_costs_no_time(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    service = await_healthy(FakeHttp(clock), engine, container, rules, deadline)
    assert (service.database_count, service.container, clock.passed_s) == (1, container, 0.0)


def test_a_service_that_answers_later_is_waited_for(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    answers_at_s = waited_s(BRISK, 5)
    http = FakeHttp(clock, answers_after_s=answers_at_s - 0.001)
    await_healthy(http, engine, container, rules, deadline)
    assert clock.passed_s == answers_at_s


def test_a_service_that_never_answers_is_given_up_at_the_deadline(
    engine: FakeEngine, container: RunningContainer, rules: HealthConfig, clock: FakeClock
) -> None:
    http = FakeHttp(clock, answers_after_s=NEVER)
    with pytest.raises(DeadlineExceeded, match="the service to be healthy") as caught:
        await_healthy(http, engine, container, rules, Deadline.after(30.0, clock))
    why = reason(caught.value)
    assert (why and why.code, clock.passed_s) == ("health_unreachable", 30.0)


def test_a_cancelled_wait_ends_at_once(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        await_healthy(FakeHttp(clock, answers_after_s=NEVER), engine, container, rules, deadline)
    assert clock.passed_s == 0.0


BAD_HEALTH: dict[str, tuple[HttpReply, str, str]] = {
    "503": (
        json_reply({"status": "unhealthy"}, status=503),
        "health_not_ok",
        'the service answers 503: {"status": "unhealthy"}',
    ),
    "404": (HttpReply(status=404, body=b"not found"), "health_not_ok", "answers 404: not found"),
    "a redirect": (HttpReply(status=302, body=b""), "health_not_ok", "302: an empty body"),
    "healthy in word only": (
        json_reply({**HEALTHY, "status": "starting"}),
        "health_not_ok",
        "starting",
    ),
    "no body": (HttpReply(status=200, body=b""), "health_garbled", "rubbish: an empty body"),
    "HTML": (HttpReply(status=200, body=b"<html>"), "health_garbled", "rubbish: <html>"),
    "half a document": (HttpReply(status=200, body=b'{"st'), "health_garbled", '{"st'),
    "bytes": (HttpReply(status=200, body=b"\xff\xfe\xfd"), "health_garbled", "rubbish"),
    "a list": (HttpReply(status=200, body=b"[]"), "health_garbled", "rubbish: []"),
    "deep nesting": (HttpReply(status=200, body=b"[" * 65536), "health_garbled", "[[[["),
    "no count": (json_reply({"status": "healthy"}), "health_garbled", "rubbish"),
    "a count of text": (
        json_reply({**HEALTHY, "database_count": "1"}),
        "health_garbled",
        "rubbish",
    ),
    "no databases": (
        json_reply({**HEALTHY, "database_count": 0}),
        "health_databases_missing",
        "has 0 databases, 1 were verified",
    ),
}


@pytest.mark.parametrize(("reply", "code", "says"), BAD_HEALTH.values(), ids=BAD_HEALTH.keys())
def test_an_answer_that_is_not_good_is_waited_out_and_named(
    reply: HttpReply, code: str, says: str, tmp_path: Path, clock: FakeClock
) -> None:
    engine = FakeEngine(clock)
    container = start(engine, tmp_path)
    http = FakeHttp(clock, replies={"/health": reply})
    with pytest.raises(DeadlineExceeded) as caught:
        await_healthy(
            http, engine, container, a_config(tmp_path).health, Deadline.after(30.0, clock)
        )
    why = reason(caught.value)
    assert why is not None
    assert (why.code, says in str(why), clock.passed_s) == (code, True, 30.0)


def test_a_long_answer_is_cut_in_the_message(
    engine: FakeEngine, container: RunningContainer, rules: HealthConfig, clock: FakeClock
) -> None:
    http = FakeHttp(clock, replies={"/health": HttpReply(status=500, body=b"x" * 65536)})
    with pytest.raises(DeadlineExceeded) as caught:
        await_healthy(http, engine, container, rules, Deadline.after(1.0, clock))
    assert len(str(reason(caught.value))) < 300


def test_too_few_databases_are_not_healthy(
    tmp_path: Path, engine: FakeEngine, rules: HealthConfig, clock: FakeClock
) -> None:
    snapshot = a_snapshot(tmp_path, a_database(), a_database("industry"))
    servable = a_servable(tmp_path, data=snapshot)
    container = ensure_running(engine, servable, a_spec(tmp_path, servable=servable))
    with pytest.raises(DeadlineExceeded) as caught:
        await_healthy(FakeHttp(clock), engine, container, rules, Deadline.after(1.0, clock))
    assert "has 1 databases, 2 were verified" in str(reason(caught.value))


def test_more_databases_than_verified_are_healthy(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    http = FakeHttp(clock, replies={"/health": json_reply({**HEALTHY, "database_count": 3})})
    assert await_healthy(http, engine, container, rules, deadline).database_count == 3


def test_a_container_that_exits_ends_the_wait_at_once_with_its_last_words(
    tmp_path: Path, rules: HealthConfig, clock: FakeClock, deadline: Deadline
) -> None:
    engine = FakeEngine(clock, exits_after_s=3.0)
    http = FakeHttp(clock, answers_after_s=NEVER)
    with pytest.raises(Refused, match=r"last words: opening sec\.lbug / out of luck") as caught:
        await_healthy(http, engine, start(engine, tmp_path), rules, deadline)
    assert (caught.value.code, 3.0 <= clock.passed_s <= 4.0) == ("container_exited", True)


def test_a_container_that_someone_removes_ends_the_wait_at_once(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    engine.containers.clear()
    with pytest.raises(Refused) as caught:
        await_healthy(FakeHttp(clock, answers_after_s=NEVER), engine, container, rules, deadline)
    assert (caught.value.code, clock.passed_s) == ("container_replaced", 0.0)


def test_a_service_that_can_write_is_refused_at_once(
    engine: FakeEngine,
    container: RunningContainer,
    rules: HealthConfig,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    http = FakeHttp(clock, replies={"/info": json_reply({**INFO, "read_only": False})})
    with pytest.raises(Refused, match="not read-only") as caught:
        await_healthy(http, engine, container, rules, deadline)
    assert (caught.value.code, clock.passed_s) == ("service_writable", 0.0)


@pytest.mark.parametrize(
    "info",
    [
        json_reply({"node_type": "shared_replica"}),
        HttpReply(status=404, body=b"not found"),
        HttpReply(status=200, body=b"<html>"),
    ],
    ids=["silent about it", "absent", "rubbish"],
)
def test_a_service_that_does_not_say_whether_it_can_write_is_let_pass(
    info: HttpReply, tmp_path: Path, clock: FakeClock, deadline: Deadline
) -> None:
    engine = FakeEngine(clock)
    http = FakeHttp(clock, replies={"/info": info})
    found = await_healthy(
        http, engine, start(engine, tmp_path), a_config(tmp_path).health, deadline
    )
    assert isinstance(found, HealthyService)


def test_the_path_of_the_health_check_is_configurable(
    tmp_path: Path,
    engine: FakeEngine,
    container: RunningContainer,
    clock: FakeClock,
    deadline: Deadline,
) -> None:
    http = FakeHttp(
        clock, replies={"/health": HttpReply(status=404, body=b""), "/status": json_reply(HEALTHY)}
    )
    rules = a_config(tmp_path, **{"health.path": "/status"}).health
    assert await_healthy(http, engine, container, rules, deadline).database_count == 1
