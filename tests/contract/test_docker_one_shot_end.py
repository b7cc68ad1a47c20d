"""The end of a program that is run once, also an untimely one: nothing is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer

import pytest
import structlog

from contract.support.containers import ID
from contract.support.docker_server import said
from contract.support.http_server import Exchange
from contract.support.one_shot import NAME, ScriptedContainer, run
from contract.support.timing import ends_within
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model.containers import ONE_SHOT_LABEL

WAIT = f"POST /containers/{ID}/wait"
REMOVE = f"DELETE /containers/{ID}"


@pytest.mark.parametrize("head_first", [True, False])
def test_a_program_that_takes_longer_than_one_look_is_waited_for(
    tmp_path: Path, deadline: Deadline, *, head_first: bool
) -> None:
    container = ScriptedContainer(lasts_s=0.3, head_first=head_first)
    looks: list[float] = []

    def wait(exchange: Exchange) -> None:
        looks.append(0.3)
        container.lasts_s = 0.3 if len(looks) < 3 else 0.0
        container.wait(exchange)

    container.refusals[WAIT] = wait
    assert run(container, tmp_path, deadline).exit_code == 0
    assert len(looks) == 3


@pytest.mark.parametrize("head_first", [True, False])
def test_the_deadline_ends_a_program_that_does_not_end(
    tmp_path: Path, deadline: Deadline, *, head_first: bool
) -> None:
    container = ScriptedContainer(lasts_s=30, head_first=head_first)
    with ends_within(1.2), pytest.raises(DeadlineExceeded, match=f"the end of .* {NAME}"):
        run(container, tmp_path, deadline.capped(0.3))
    assert container.labels is None


def test_cancelling_ends_a_program_that_does_not_end(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer(lasts_s=30)
    timer = Timer(0.3, deadline.cancel)
    timer.start()
    with ends_within(1.2), pytest.raises(Cancelled):
        run(container, tmp_path, deadline)
    timer.join()
    assert container.labels is None


def test_nothing_is_made_when_the_time_is_up(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer()
    with pytest.raises(DeadlineExceeded):
        run(container, tmp_path, deadline.capped(0))
    assert container.asked == []


@dataclass(slots=True)
class InterruptedClock:
    """Somebody presses Control-C when the time is looked at once more than `looks` times."""

    looks: int

    def monotonic(self) -> float:
        self.looks -= 1
        if self.looks < 0:
            raise KeyboardInterrupt
        return 0.0

    def boottime(self) -> float:
        return 0.0

    def utcnow(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(seconds)


def test_nothing_is_left_of_a_run_that_is_interrupted(tmp_path: Path) -> None:
    container = ScriptedContainer(lasts_s=30)
    with ends_within(1.2), pytest.raises(KeyboardInterrupt):
        run(container, tmp_path, Deadline(InterruptedClock(looks=2), at=10))
    assert (len(container.asked), container.labels) == (1, None)


def test_what_an_earlier_run_left_is_removed_first(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer(labels={ONE_SHOT_LABEL: "1"})
    assert run(container, tmp_path, deadline).exit_code == 0
    assert (len(container.asked), container.labels) == (1, None)


def test_a_container_of_somebody_else_is_left_alone(tmp_path: Path, deadline: Deadline) -> None:
    container = ScriptedContainer(labels={"somebody": "else"})
    with pytest.raises(Refused, match=NAME) as refusal:
        run(container, tmp_path, deadline)
    assert refusal.value.code == "container_name_taken"
    assert (container.asked, container.labels) == ([], {"somebody": "else"})


def test_a_connection_that_is_lost_is_not_taken_for_a_look_in_vain(
    tmp_path: Path, deadline: Deadline
) -> None:
    container = ScriptedContainer(refusals={WAIT: Exchange.cut})
    with ends_within(1.2), pytest.raises(ExternalFailure) as failure:
        run(container, tmp_path, deadline)
    assert (failure.value.code, container.labels) == ("container_engine_unreachable", None)


def test_a_container_that_cannot_be_removed_does_not_hide_how_it_ended(
    tmp_path: Path, deadline: Deadline
) -> None:
    container = ScriptedContainer(stdout=b"done\n", refusals={REMOVE: said(500, "busy")})
    with structlog.testing.capture_logs() as told:
        assert run(container, tmp_path, deadline).stdout == "done\n"
    assert [(line["event"], line["container"]) for line in told] == [
        ("container_not_removed", NAME)
    ]
