"""The deep check: what the image's engine says of the databases, and what that means."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.one_shot import ENGINE, TABLES, done, ended, failed, finished, opening
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model.containers import OneShotResult, OneShotSpec
from ladybug_agent.resources.engine.open_check import ExpectedDatabases, OpenedDatabases, check_open
from ladybug_agent.resources.engine.run import DIRECTORY, EngineRules

IMAGE_ID = "sha256:" + "ab" * 32
SNAPSHOT = Path("/mnt/ladybug-data/databases")
RULES = EngineRules(
    container="graph-api-shared-check", python="/app/bin/python", uid=1000, memory_bytes=2**29
)
BOTH = ExpectedDatabases(names=("sec", "news"))
PENDING = "RuntimeError: Cannot open database while checkpoint recovery is pending."
VERSION = "RuntimeError: Trying to read a database file with a different version."


@pytest.fixture
def engine(clock: FakeClock) -> FakeEngine:
    return FakeEngine(clock)


def check(
    engine: FakeEngine,
    clock: FakeClock,
    expected: ExpectedDatabases = BOTH,
    answer: OneShotResult | None = None,
) -> OpenedDatabases:
    if answer is not None:
        engine.one_shot = lambda _: answer
    return check_open(engine, IMAGE_ID, SNAPSHOT, expected, RULES, Deadline.after(60, clock))


def refusal(engine: FakeEngine, clock: FakeClock, answer: OneShotResult) -> AgentError:
    with pytest.raises(AgentError) as caught:
        check(engine, clock, answer=answer)
    return caught.value


def test_databases_that_open_are_told_with_their_tables(
    engine: FakeEngine, clock: FakeClock
) -> None:
    opened = check(engine, clock)
    assert opened == OpenedDatabases(tables={"sec": TABLES, "news": TABLES}, engine=ENGINE)


def test_the_engine_sees_the_databases_only_and_cannot_write(
    engine: FakeEngine, clock: FakeClock
) -> None:
    seen: list[OneShotSpec] = []
    answer = engine.one_shot

    def look(spec: OneShotSpec) -> OneShotResult:
        seen.append(spec)
        return answer(spec)

    engine.one_shot = look
    check(engine, clock)
    (spec,) = seen
    assert (spec.data.source, spec.data.target) == (str(SNAPSHOT), DIRECTORY)
    assert spec.data.read_only
    assert (spec.user, spec.memory_bytes, spec.image_id) == ("1000:1000", 2**29, IMAGE_ID)
    assert (spec.command[0], spec.name) == (RULES.python, RULES.container)


def test_lines_of_somebody_else_are_passed_over(engine: FakeEngine, clock: FakeClock) -> None:
    told = ended(opening("sec"), done("sec"), finished())
    noise = f"hello\n{'[' * 60_000}\n[]\n3\n{told.stdout}{{}}\n" + '{"event": "done"}\n'
    answer = OneShotResult(exit_code=0, oom_killed=False, stdout=noise, stderr="warning\n")
    opened = check(engine, clock, ExpectedDatabases(names=("sec",)), answer)
    assert opened.tables == {"sec": TABLES}


def test_a_crash_names_the_database_the_signal_and_the_last_words(
    engine: FakeEngine, clock: FakeClock
) -> None:
    found = refusal(
        engine,
        clock,
        ended(opening("sec"), done("sec"), opening("news"), exit_code=139, stderr="oh\n\nno\n"),
    )
    assert (type(found), found.code) == (Refused, "snapshot_database_crashes_engine")
    assert str(found) == (
        "the engine crashed with SIGSEGV over the database news; its last words: oh / no"
    )
    assert found.facts == {"database": "news", "signal": "SIGSEGV"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (PENDING, "snapshot_recovery_pending"),
        (VERSION, "storage_version_unreadable"),
        ("MemoryError: std::bad_alloc", "snapshot_database_will_not_open"),
    ],
)
def test_what_the_engine_says_is_quoted_and_has_a_code(
    engine: FakeEngine, clock: FakeClock, said: str, code: str
) -> None:
    found = refusal(engine, clock, ended(opening("sec"), failed("sec", said), exit_code=1))
    assert (type(found), found.code) == (Refused, code)
    assert str(found) == f"the engine does not open the database sec: {said}"
    assert found.facts == {"database": "sec"}


def test_the_engine_is_quoted_with_the_paths_of_the_host(
    engine: FakeEngine, clock: FakeClock
) -> None:
    said = f"IO exception: Cannot open\n file {DIRECTORY}/sec.lbug"
    found = refusal(engine, clock, ended(opening("sec"), failed("sec", said), exit_code=1))
    assert f"IO exception: Cannot open file {SNAPSHOT}/sec.lbug" in str(found)


@pytest.mark.parametrize(
    ("oom_killed", "why"), [(True, "memory ran out"), (False, "nobody says why")]
)
def test_a_check_that_is_killed_may_want_more_memory(
    engine: FakeEngine, clock: FakeClock, *, oom_killed: bool, why: str
) -> None:
    found = refusal(engine, clock, ended(opening("sec"), exit_code=137, oom_killed=oom_killed))
    assert (type(found), found.code) == (ExternalFailure, "open_check_out_of_memory")
    assert str(found) == f"the open check was killed over the database sec, with 512 MiB: {why}"
    assert "container.memory_bytes" in found.hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            ended({"event": "no_engine", "error": "no module"}, exit_code=3),
            "no engine .* no module",
        ),
        (ended(exit_code=127, stderr="sh: import: not found"), "cannot run: sh: import"),
        (ended(exit_code=132), "one that ends with SIGILL"),
    ],
)
def test_an_image_that_cannot_be_asked_names_the_keys_to_change(
    engine: FakeEngine, clock: FakeClock, answer: OneShotResult, words: str
) -> None:
    with pytest.raises(ExternalFailure, match=words) as failure:
        check(engine, clock, answer=answer)
    assert failure.value.code == "open_check_not_possible"
    assert "`container.python`" in failure.value.hint
    assert "`data.open_check = false`" in failure.value.hint


def test_an_image_without_that_python_cannot_be_asked(clock: FakeClock) -> None:
    missing = ExternalFailure("container_program_missing", "found no program")
    engine = FakeEngine(clock, refuses={"run_once": missing})
    with pytest.raises(ExternalFailure, match=f"no program `{RULES.python}`") as failure:
        check(engine, clock)
    assert failure.value.code == "open_check_not_possible"
    assert failure.value.__cause__ is missing


def test_any_other_failure_of_the_engine_goes_on(clock: FakeClock) -> None:
    down = ExternalFailure("container_engine_unreachable", "found no Docker engine")
    engine = FakeEngine(clock, refuses={"run_once": down})
    with pytest.raises(ExternalFailure) as failure:
        check(engine, clock)
    assert failure.value is down


SEC = (opening("sec"), done("sec"))


@pytest.mark.parametrize(
    "answer",
    [
        ended(),
        ended(*SEC),
        ended(*SEC, finished()),
        ended(*SEC, opening("news"), done("news")),
        ended(*SEC, opening("news"), done("news"), finished(), exit_code=5),
        ended(exit_code=1, stderr="SyntaxError: invalid syntax"),
        OneShotResult(exit_code=0, oom_killed=False, stdout="<html>", stderr=""),
    ],
)
def test_a_report_that_is_not_whole_is_no_evidence(
    engine: FakeEngine, clock: FakeClock, answer: OneShotResult
) -> None:
    found = refusal(engine, clock, answer)
    assert (type(found), found.code) == (ExternalFailure, "open_check_garbled")


def test_the_deadline_ends_the_check(engine: FakeEngine, clock: FakeClock) -> None:
    engine.one_shot_s = 61
    with pytest.raises(DeadlineExceeded):
        check(engine, clock)
    assert clock.passed_s == 60
