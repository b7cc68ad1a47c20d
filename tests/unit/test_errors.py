"""Errors: what names the reason, what people and logs get to read, what the process exits with."""

from __future__ import annotations

import pytest

from ladybug_agent.errors import (
    AgentError,
    Busy,
    Cancelled,
    ConfigError,
    DeadlineExceeded,
    ExternalFailure,
    Fenced,
    NotYet,
    Recorded,
    Refused,
    describe,
    error_chain,
    reason,
)
from ladybug_agent.exit_status import ExitStatus, exit_status

EXIT_STATUSES: dict[type[AgentError], int] = {
    ConfigError: 2,
    NotYet: 1,
    Refused: 1,
    Fenced: 3,
    ExternalFailure: 1,
    Recorded: 1,
    DeadlineExceeded: 1,
    Cancelled: 1,
    Busy: 75,
}


def waited_in_vain() -> DeadlineExceeded:
    error = DeadlineExceeded("deadline_exceeded", "ran out of time waiting for the disk")
    error.__cause__ = NotYet("device_not_visible", "no disk has the serial", hint="look at dmesg")
    return error


def test_the_reason_of_an_error_is_the_error_itself() -> None:
    error = Refused("mount_writable", "wanted it read-only")
    assert reason(error) is error


def test_the_reason_of_a_wait_in_vain_is_what_was_waited_for() -> None:
    error = waited_in_vain()
    assert reason(error) is error.__cause__


def test_the_reason_of_a_wait_within_a_wait_is_the_innermost() -> None:
    outer = DeadlineExceeded("deadline_exceeded", "ran out of time waiting for the boot")
    inner = waited_in_vain()
    outer.__cause__ = inner
    assert reason(outer) is inner.__cause__


def test_the_reason_of_an_external_failure_is_not_its_cause() -> None:
    error = ExternalFailure("mount_failed", "cannot mount")
    error.__cause__ = ExternalFailure("command_failed", "`mount` ended with status 32")
    assert reason(error) is error


def test_a_wait_without_a_cause_is_its_own_reason() -> None:
    error = DeadlineExceeded("branch_stuck", "work did not end")
    error.__cause__ = OSError("not one of ours")
    assert reason(error) is error


def test_an_error_that_is_not_ours_has_no_reason() -> None:
    assert reason(ValueError("oops")) is None


def test_a_description_has_code_message_and_hint() -> None:
    error = Refused("mount_writable", "found it writable", hint="unmount it")
    assert describe(error) == "mount_writable: found it writable (unmount it)"


def test_a_description_without_a_hint_has_no_brackets() -> None:
    assert describe(Refused("mount_writable", "found it writable")) == (
        "mount_writable: found it writable"
    )


def test_the_description_of_a_wait_in_vain_says_both_what_and_why() -> None:
    assert describe(waited_in_vain()) == (
        "device_not_visible: ran out of time waiting for the disk: no disk has the serial"
        " (look at dmesg)"
    )


def test_the_description_of_a_bug_names_its_type() -> None:
    assert describe(KeyError("outcome")) == "internal_error: KeyError: 'outcome'"


def test_a_chain_goes_from_the_outermost_error_to_the_root() -> None:
    error = ExternalFailure("aws_unreachable", "found no connection to ec2")
    error.__cause__ = OSError("no route to host")
    assert error_chain(error) == [
        "aws_unreachable: found no connection to ec2",
        "OSError: no route to host",
    ]


def test_an_error_keeps_its_facts_for_log_and_record() -> None:
    assert Refused("snapshot_database_empty", "no bytes", database="sec").facts == {
        "database": "sec"
    }


@pytest.mark.parametrize(("kind", "status"), EXIT_STATUSES.items())
def test_each_class_of_error_has_its_exit_status(kind: type[AgentError], status: int) -> None:
    assert exit_status(kind("a_code", "a sentence")) == status


def test_no_class_of_error_is_without_an_exit_status() -> None:
    direct = set(AgentError.__subclasses__())
    below = {kind for parent in direct for kind in parent.__subclasses__()}
    assert direct | below == set(EXIT_STATUSES)


def test_no_exit_status_is_one_that_ssm_gives_a_meaning() -> None:
    assert {int(status) for status in ExitStatus} == {0, 1, 2, 3, 4, 75}
