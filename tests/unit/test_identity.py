"""Who the instance is: metadata and credentials, which may both be late."""

from __future__ import annotations

import pytest

from fakes.clock import FakeClock, waited_s
from fakes.instance import FOREVER, IDENTITY, FakeMetadata
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure, Refused, reason
from ladybug_agent.resources.identity import await_identity
from ladybug_agent.waiting import BRISK


def test_metadata_that_answers_costs_no_time(clock: FakeClock, deadline: Deadline) -> None:
    assert (await_identity(FakeMetadata(), deadline), clock.passed_s) == (IDENTITY, 0.0)


def test_metadata_that_answers_later_is_waited_for(clock: FakeClock, deadline: Deadline) -> None:
    found = await_identity(FakeMetadata(unreachable_for=3), deadline)
    assert (found, clock.passed_s) == (IDENTITY, waited_s(BRISK, 3))


def test_metadata_that_never_answers_is_given_up_after_a_minute(
    clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded, match="waiting for instance metadata") as caught:
        await_identity(FakeMetadata(unreachable_for=FOREVER), deadline)
    why = reason(caught.value)
    assert (why and why.code, clock.passed_s) == ("imds_unreachable", 60.0)


def test_credentials_that_come_later_are_waited_for(clock: FakeClock, deadline: Deadline) -> None:
    found = await_identity(FakeMetadata(credentials_missing_for=1), deadline)
    assert (found, clock.passed_s) == (IDENTITY, waited_s(BRISK, 1))


def test_a_role_that_never_comes_is_given_up_after_a_minute(
    clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(DeadlineExceeded, match="credentials of the instance role") as caught:
        await_identity(FakeMetadata(credentials_missing_for=FOREVER), deadline)
    why = reason(caught.value)
    assert (why and why.code, clock.passed_s) == ("credentials_missing", 60.0)


def test_both_together_have_one_minute(clock: FakeClock, deadline: Deadline) -> None:
    metadata = FakeMetadata(unreachable_for=20, credentials_missing_for=FOREVER)
    with pytest.raises(DeadlineExceeded):
        await_identity(metadata, deadline)
    assert clock.passed_s == 60.0


def test_a_shorter_boot_shortens_the_wait(clock: FakeClock) -> None:
    with pytest.raises(DeadlineExceeded):
        await_identity(FakeMetadata(unreachable_for=FOREVER), Deadline.after(5.0, clock))
    assert clock.passed_s == 5.0


def test_a_cancelled_wait_ends_at_once(clock: FakeClock, deadline: Deadline) -> None:
    deadline.cancel()
    with pytest.raises(Cancelled):
        await_identity(FakeMetadata(unreachable_for=FOREVER), deadline)
    assert clock.passed_s == 0.0


def test_garbled_metadata_ends_the_wait_at_once(clock: FakeClock, deadline: Deadline) -> None:
    garbled = ExternalFailure("imds_garbled", "cannot read the document")
    with pytest.raises(ExternalFailure, match="cannot read the document"):
        await_identity(FakeMetadata(raises=garbled), deadline)
    assert clock.passed_s == 0.0


def test_an_instance_that_is_being_terminated_does_not_boot(deadline: Deadline) -> None:
    with pytest.raises(Refused, match=r"terminating i-0123456789abcdef0") as caught:
        await_identity(FakeMetadata(target_lifecycle_state="Terminated"), deadline)
    assert caught.value.code == "instance_terminating"


@pytest.mark.parametrize("state", [None, "InService", "Warmed:Stopped"])
def test_any_other_lifecycle_state_boots(state: str | None, deadline: Deadline) -> None:
    found = await_identity(FakeMetadata(target_lifecycle_state=state), deadline)
    assert found.target_lifecycle_state == state
