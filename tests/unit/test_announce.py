"""Telling everyone who waits."""

from __future__ import annotations

import threading

import pytest

from fakes.clock import HELD_S
from fakes.orchestrator import FakeOrchestrator, Told
from ladybug_agent.announce import announce_failure, announce_success, is_a_verdict
from ladybug_agent.errors import (
    AgentError,
    Busy,
    Cancelled,
    ConfigError,
    DeadlineExceeded,
    ExternalFailure,
    Fenced,
    Refused,
)
from ladybug_agent.model import SignalOutcome

BLANK = Refused("filesystem_missing", "found a blank device", hint="check the SnapshotId")


class Meeting:
    """An orchestrator that answers only when another one is being told at the same time."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self._barrier = barrier

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        self._barrier.wait()
        return SignalOutcome(target="meeting", verdict=f"{success}: {reason}")


def test_everyone_hears_of_a_success() -> None:
    waiting = (FakeOrchestrator("cloudformation"), FakeOrchestrator("autoscaling"))
    outcomes = announce_success(waiting, "i-0123456789abcdef0")
    assert [outcome.target for outcome in outcomes] == ["cloudformation", "autoscaling"]
    heard = Told(success=True, reason="i-0123456789abcdef0")
    assert [told for one in waiting for told in one.told] == [heard, heard]


def test_all_are_told_at_the_same_time() -> None:
    barrier = threading.Barrier(2, timeout=HELD_S)
    outcomes = announce_success((Meeting(barrier), Meeting(barrier)), "good")
    assert [outcome.verdict for outcome in outcomes] == ["True: good", "True: good"]


def test_nobody_waiting_is_no_failure() -> None:
    assert (announce_success((), "good"), announce_failure((), BLANK)) == ([], [])


def test_a_signal_that_nobody_expects_is_normal() -> None:
    outcomes = announce_success((FakeOrchestrator(verdict="not_expected"),), "good")
    assert [outcome.verdict for outcome in outcomes] == ["not_expected"]


def test_a_success_that_could_not_be_told_is_a_failure() -> None:
    waiting = (
        FakeOrchestrator("cloudformation"),
        FakeOrchestrator("autoscaling", verdict="failed", detail="aws_throttled: still throttled"),
    )
    wanted = r"registered, but could not tell autoscaling \(aws_throttled: still throttled\)$"
    with pytest.raises(ExternalFailure, match=wanted) as caught:
        announce_success(waiting, "good")
    assert caught.value.code == "signal_failed"


def test_everyone_hears_why_it_failed() -> None:
    waiting = FakeOrchestrator()
    announce_failure((waiting,), BLANK)
    reason = "filesystem_missing: found a blank device (check the SnapshotId)"
    assert waiting.told == [Told(success=False, reason=reason)]


def test_a_failure_that_could_not_be_told_is_only_an_outcome() -> None:
    outcomes = announce_failure((FakeOrchestrator(verdict="failed", detail="gone"),), BLANK)
    assert outcomes == [SignalOutcome(target="cloudformation", verdict="failed", detail="gone")]


@pytest.mark.parametrize("kind", [Refused, ConfigError, ExternalFailure, DeadlineExceeded])
def test_a_failure_says_something_about_the_instance(kind: type[AgentError]) -> None:
    assert is_a_verdict(kind("a_code", "a sentence"))


def test_a_bug_says_something_about_the_instance() -> None:
    assert is_a_verdict(ZeroDivisionError())


@pytest.mark.parametrize("kind", [Cancelled, Busy, Fenced])
def test_being_stopped_or_fenced_says_nothing_about_it(kind: type[AgentError]) -> None:
    assert not is_a_verdict(kind("a_code", "a sentence"))
