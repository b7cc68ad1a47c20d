"""What every container engine does with a program that is run once: the fake and the adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from contract.support import containers
from contract.support.one_shot import NAME, SPEC, ScriptedContainer, engine_of
from contract.support.timing import ends_within
from fakes.clock import FakeClock
from fakes.engine import FakeEngine, running_container
from ladybug_agent.clock import Clock, Deadline, SystemClock
from ladybug_agent.errors import Cancelled, DeadlineExceeded, Refused
from ladybug_agent.model.containers import ONE_SHOT_LABEL, OneShotResult
from ladybug_agent.ports.containers import ContainerEngine

CRASHED = OneShotResult(exit_code=139, oom_killed=False, stdout="one\n", stderr="two\n")


class Subject(Protocol):
    """An engine that is about to run `CRASHED`, and what it has under the name of the run."""

    clock: Clock

    def prepare(self, *, takes_s: float = 0.0, labels: dict[str, str] | None = None) -> None: ...

    def engine(self) -> Iterator[ContainerEngine]: ...

    def is_there(self) -> bool: ...


class Fake:
    def __init__(self, _: Path) -> None:
        self.clock = FakeClock()
        self._engine = FakeEngine(self.clock)
        self._engine.one_shot = lambda _: CRASHED

    def prepare(self, *, takes_s: float = 0.0, labels: dict[str, str] | None = None) -> None:
        self._engine.one_shot_s = takes_s
        if labels is not None:
            there = running_container(containers.SPEC, containers.ID)
            self._engine.containers[NAME] = replace(there, name=NAME, labels=labels)

    def engine(self) -> Iterator[ContainerEngine]:
        yield self._engine

    def is_there(self) -> bool:
        return NAME in self._engine.containers


class Adapter:
    def __init__(self, directory: Path) -> None:
        self.clock = SystemClock()
        self._directory = directory
        self._container = ScriptedContainer(
            state={"ExitCode": 139, "OOMKilled": False}, stdout=b"one\n", stderr=b"two\n"
        )

    def prepare(self, *, takes_s: float = 0.0, labels: dict[str, str] | None = None) -> None:
        self._container.lasts_s = takes_s
        self._container.labels = labels

    def engine(self) -> Iterator[ContainerEngine]:
        with engine_of(self._container, self._directory) as engine:
            yield engine

    def is_there(self) -> bool:
        return self._container.labels is not None


@pytest.fixture(params=[Fake, Adapter])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    made: Subject = request.param(tmp_path)
    return made


def run(subject: Subject, *, within_s: float = 10.0, cancelled: bool = False) -> OneShotResult:
    deadline = Deadline.after(within_s, subject.clock)
    if cancelled:
        deadline.cancel()
    with contextmanager(subject.engine)() as engine:
        return engine.run_once(SPEC, deadline)


@pytest.mark.parametrize("labels", [None, {ONE_SHOT_LABEL: "1"}])
def test_the_end_is_told_and_nothing_is_left(
    subject: Subject, labels: dict[str, str] | None
) -> None:
    subject.prepare(labels=labels)
    assert run(subject) == CRASHED
    assert not subject.is_there()


def test_a_program_beyond_its_time_is_ended(subject: Subject) -> None:
    subject.prepare(takes_s=30)
    with ends_within(1.2), pytest.raises(DeadlineExceeded, match=NAME):
        run(subject, within_s=0.2)
    assert not subject.is_there()


def test_a_run_that_is_cancelled_does_not_begin(subject: Subject) -> None:
    subject.prepare(labels={ONE_SHOT_LABEL: "1"})
    with pytest.raises(Cancelled, match=NAME):
        run(subject, cancelled=True)
    assert subject.is_there()


def test_a_container_of_somebody_else_is_left_alone(subject: Subject) -> None:
    subject.prepare(labels={})
    with pytest.raises(Refused) as refusal:
        run(subject)
    assert refusal.value.code == "container_name_taken"
    assert subject.is_there()
