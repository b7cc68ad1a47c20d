"""The end of a checkpoint that the snapshot cut in two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.one_shot import done, ended, failed, finished, opening
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model.containers import OneShotResult, OneShotSpec
from ladybug_agent.resources.engine.checkpoint import run_checkpoint
from ladybug_agent.resources.engine.run import EngineRules

RULES = EngineRules(container="recovery", python="python3", uid=1000, memory_bytes=2**29)


def checkpoint(clock: FakeClock, engine: FakeEngine) -> None:
    deadline = Deadline.after(60, clock)
    run_checkpoint(engine, "sha256:1", Path("/private"), "sec", RULES, deadline)


def test_one_database_is_opened_for_writing(clock: FakeClock) -> None:
    seen: list[OneShotSpec] = []

    def answer(spec: OneShotSpec) -> OneShotResult:
        seen.append(spec)
        return ended(opening("sec"), done("sec", {}), finished())

    engine = FakeEngine(clock)
    engine.one_shot = answer
    checkpoint(clock, engine)
    (spec,) = seen
    assert (spec.data.source, spec.data.read_only) == ("/private", False)
    task = json.loads(spec.command[-1])
    assert (task["act"], task["databases"]) == ("checkpoint", ["sec"])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ended(opening("sec"), failed("sec", "RuntimeError: no"), exit_code=1), "says: RuntimeE"),
        (ended(opening("sec"), exit_code=139, stderr="oh"), "ended with SIGSEGV; .* words: oh"),
        (ended(opening("sec"), exit_code=137, oom_killed=True), "too much memory"),
        (ended({"event": "no_engine", "error": "no module"}, exit_code=3), "says: no module"),
        (ended(opening("sec"), done("sec", {})), "ended with exit code 0; its last words: none"),
        (ended(finished()), "ended with exit code 0"),
    ],
)
def test_anything_but_its_proper_end_is_refused(
    clock: FakeClock, answer: OneShotResult, told: str
) -> None:
    engine = FakeEngine(clock)
    engine.one_shot = lambda _: answer
    with pytest.raises(Refused, match=f"the database sec, it .*{told}|{told}") as refusal:
        checkpoint(clock, engine)
    assert refusal.value.code == "snapshot_recovery_failed"
    assert refusal.value.facts == {"database": "sec"}


def test_the_deadline_ends_it(clock: FakeClock) -> None:
    engine = FakeEngine(clock)
    engine.one_shot_s = 61
    with pytest.raises(DeadlineExceeded):
        checkpoint(clock, engine)


def test_a_failure_of_the_container_engine_goes_on(clock: FakeClock) -> None:
    missing = ExternalFailure("container_program_missing", "found no program")
    with pytest.raises(ExternalFailure) as failure:
        checkpoint(clock, FakeEngine(clock, refuses={"run_once": missing}))
    assert failure.value is missing
