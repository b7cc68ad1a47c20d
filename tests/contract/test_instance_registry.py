"""One suite for every instance registry: the real one on an emulated DynamoDB, and the fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from contract.support.aws import REGION, make_registry_table, role_credentials
from contract.support.second import SecondDynamoDb
from fakes.registry import FakeRegistry
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.dynamodb import BotoDynamoDb
from ladybug_agent.adapters.instance_table import InstanceTable, Transport
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import Fenced
from ladybug_agent.model import BootIdentity
from ladybug_agent.ports import InstanceRegistry, Row, RowValue
from ladybug_agent.ports.registry import LEAVING, Heartbeat, LeavingStatus, WriteOutcome
from ladybug_agent.resources.registration import may_give_way
from ladybug_lab.aws.server import LabAws

INSTANCE_ID = "i-0123456789abcdef0"
NOW = 1_770_379_200
OURS: Row = {
    "instance_id": INSTANCE_ID,
    "registration_id": "registration-of-this-boot",
    "boot_id": "boot-2",
    "booted_at": NOW - 60,
    "write_id": "write-1",
    "status": "healthy",
    "lease_expires_at": NOW + 150,
}
THEIRS: Row = {
    **OURS,
    "registration_id": "registration-of-someone-else",
    "write_id": "write-of-someone-else",
}


@dataclass(frozen=True, slots=True)
class Subject:
    registry: InstanceRegistry
    place: Callable[[Row], None]
    """Put a row there, whatever is there."""


@pytest.fixture(params=["real", "lean", "second", "fake"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeRegistry()
        return Subject(fake, lambda row: fake.rows.update({str(row["instance_id"]): row}))
    if request.param == "second":
        second: SecondDynamoDb = request.getfixturevalue("second_dynamodb")
        name = second.make_table("instance_id")
        return Subject(
            InstanceTable(second.transport, name),
            lambda row: second.client.put_item(TableName=name, Item=item(row)),
        )
    aws: LabAws = request.getfixturevalue("aws")
    clients: AwsClients = request.getfixturevalue("clients")
    table = make_registry_table(aws)
    dynamodb = aws.client("dynamodb")
    transport: Transport = BotoDynamoDb(clients)
    if request.param == "lean":
        transport = LeanDynamoDb(LeanAws(role_credentials, REGION, SystemClock()))
    return Subject(
        InstanceTable(transport, table),
        lambda row: dynamodb.put_item(TableName=table, Item=item(row)),
    )


def item(row: Row) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in row.items()}


def without(row: Row, *names: str) -> dict[str, RowValue]:
    return {name: value for name, value in row.items() if name not in names}


def may_be_overwritten(held: Row) -> bool:
    """Return what the agent itself thinks of it, before it asks the table."""
    boot = BootIdentity(boot_id=str(OURS["boot_id"]), booted_at=NOW - 60)
    return may_give_way(held, str(OURS["registration_id"]), boot, NOW)


def assert_gives_way(subject: Subject, held: Row) -> None:
    assert may_be_overwritten(held)
    subject.place(held)
    subject.registry.put(OURS, now=NOW)
    assert subject.registry.row(INSTANCE_ID) == OURS


def assert_is_fenced(subject: Subject, held: Row) -> Fenced:
    assert not may_be_overwritten(held)
    subject.place(held)
    with pytest.raises(Fenced, match="found it held by registration") as refusal:
        subject.registry.put(OURS, now=NOW)
    assert refusal.value.code == "registration_fenced"
    assert subject.registry.row(INSTANCE_ID) == held
    return refusal.value


def test_an_absent_row_is_none(subject: Subject) -> None:
    assert subject.registry.row(INSTANCE_ID) is None


def test_a_row_is_written_where_there_is_none(subject: Subject) -> None:
    subject.registry.put(OURS, now=NOW)
    assert subject.registry.row(INSTANCE_ID) == OURS


def test_the_row_of_another_instance_is_not_in_the_way(subject: Subject) -> None:
    other = {**THEIRS, "instance_id": "i-0fedcba9876543210"}
    subject.place(other)
    subject.registry.put(OURS, now=NOW)
    assert subject.registry.row("i-0fedcba9876543210") == other


def test_our_own_row_is_overwritten_as_a_whole(subject: Subject) -> None:
    assert_gives_way(subject, {**OURS, "write_id": "write-0", "left_over": "attribute"})


def test_the_row_of_an_older_boot_is_overwritten_even_with_a_live_lease(subject: Subject) -> None:
    assert_gives_way(subject, {**THEIRS, "boot_id": "boot-1", "booted_at": NOW - 3600})


def test_another_registration_of_the_same_boot_is_not_overwritten(subject: Subject) -> None:
    refusal = assert_is_fenced(subject, THEIRS)
    assert refusal.facts["held_by"] == "registration-of-someone-else"


def test_a_late_write_of_an_older_boot_does_not_take_the_row_back(subject: Subject) -> None:
    assert_is_fenced(subject, {**THEIRS, "boot_id": "boot-3", "booted_at": NOW})


def test_two_boots_in_the_same_second_do_not_overwrite_one_another(subject: Subject) -> None:
    assert_is_fenced(subject, {**THEIRS, "boot_id": "boot-3"})


def test_a_row_that_does_not_say_when_it_booted_is_not_taken_for_an_older_one(
    subject: Subject,
) -> None:
    assert_is_fenced(subject, {**without(THEIRS, "booted_at"), "boot_id": "boot-1"})


def test_a_lease_that_ran_out_protects_nothing(subject: Subject) -> None:
    assert_gives_way(subject, {**THEIRS, "lease_expires_at": NOW - 1})


def test_a_lease_holds_to_its_last_second(subject: Subject) -> None:
    assert_is_fenced(subject, {**THEIRS, "lease_expires_at": NOW})


def test_a_registration_without_a_lease_is_not_overwritten(subject: Subject) -> None:
    assert_is_fenced(subject, without(THEIRS, "lease_expires_at"))


def test_a_terminated_row_is_overwritten(subject: Subject) -> None:
    assert_gives_way(subject, {**THEIRS, "status": "terminated"})


@pytest.mark.parametrize("status", ["initializing", "unhealthy", "draining", "terminating"])
def test_a_live_row_of_another_status_is_not_overwritten(subject: Subject, status: str) -> None:
    assert_is_fenced(subject, {**THEIRS, "status": status})


def test_the_row_of_software_without_registrations_is_overwritten(subject: Subject) -> None:
    assert_gives_way(subject, {"instance_id": INSTANCE_ID, "status": "healthy"})


def test_our_own_write_that_a_retry_finds_there_is_a_success(subject: Subject) -> None:
    """The row is ours by its write id, whatever else the condition makes of it."""
    written = {**THEIRS, "write_id": OURS["write_id"]}
    subject.place(written)
    subject.registry.put(OURS, now=NOW)
    assert subject.registry.row(INSTANCE_ID) == written


def test_values_come_back_as_they_went(subject: Subject) -> None:
    values: dict[str, RowValue] = {
        "text": "größer",
        "empty": "",
        "digits": "0123",
        "number": 7,
        "negative": -7,
        "zero": 0,
        "large": 2**53 + 1,
        "float": 12.3,
        "whole": 12.0,
        "small": 1e-7,
        "yes": True,
        "no": False,
    }
    subject.registry.put({**OURS, **values}, now=NOW)
    found = subject.registry.row(INSTANCE_ID)
    assert found == {**OURS, **values}
    assert (found["yes"], found["no"]) == (True, False)
    assert [type(found[name]) for name in ("text", "digits", "number", "float", "yes")] == [
        str,
        str,
        int,
        float,
        bool,
    ]


ME = str(OURS["registration_id"])


def test_our_healthy_row_is_withdrawn_with_its_reason(subject: Subject) -> None:
    subject.place(OURS)
    assert subject.registry.withdraw(INSTANCE_ID, ME, reason_code="health_not_ok")
    row = subject.registry.row(INSTANCE_ID)
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("unhealthy", "health_not_ok")
    assert without(row, "status", "reason_code", "write_id") == without(OURS, "status", "write_id")


def test_withdrawing_never_makes_a_row(subject: Subject) -> None:
    assert not subject.registry.withdraw(INSTANCE_ID, ME, reason_code="health_not_ok")
    assert subject.registry.row(INSTANCE_ID) is None


def test_the_row_of_another_registration_is_not_withdrawn(subject: Subject) -> None:
    subject.place(THEIRS)
    assert not subject.registry.withdraw(INSTANCE_ID, ME, reason_code="health_not_ok")
    assert subject.registry.row(INSTANCE_ID) == THEIRS


@pytest.mark.parametrize("status", ["draining", "terminating", "terminated", "unhealthy"])
def test_a_row_that_is_on_its_way_out_is_not_touched(subject: Subject, status: str) -> None:
    leaving = {**OURS, "status": status}
    subject.place(leaving)
    assert not subject.registry.withdraw(INSTANCE_ID, ME, reason_code="health_not_ok")
    assert subject.registry.row(INSTANCE_ID) == leaving


BEAT = Heartbeat(
    instance_id=INSTANCE_ID,
    registration_id=ME,
    previous_seq=4,
    write_id="beat-5",
    values={"lease_expires_at": NOW + 180, "status": "unhealthy", "reason_code": "container_gone"},
)
BEATEN: Row = {**OURS, "hb_seq": 4}


def test_a_heartbeat_renews_our_own_row(subject: Subject) -> None:
    subject.place(BEATEN)
    outcome = subject.registry.beat(BEAT)
    wanted = {**BEATEN, **BEAT.values, "hb_seq": 5, "write_id": "beat-5"}
    assert (outcome.verdict, dict(outcome.row)) == ("written", wanted)
    assert subject.registry.row(INSTANCE_ID) == wanted


def test_a_heartbeat_takes_attributes_away(subject: Subject) -> None:
    subject.place({**BEATEN, "reason_code": "was_bad"})
    healed = replace(BEAT, values={"status": "healthy"}, removed=("reason_code", "never_there"))
    assert subject.registry.beat(healed).verdict == "written"
    row = subject.registry.row(INSTANCE_ID)
    assert row is not None
    assert "reason_code" not in row


def test_a_heartbeat_never_makes_a_row(subject: Subject) -> None:
    assert subject.registry.beat(BEAT).verdict == "missing"
    assert subject.registry.row(INSTANCE_ID) is None


def test_a_heartbeat_never_touches_the_row_of_another_registration(subject: Subject) -> None:
    held: Row = {**THEIRS, "hb_seq": 4}
    subject.place(held)
    assert subject.registry.beat(BEAT) == WriteOutcome(verdict="fenced", row=held)
    assert subject.registry.row(INSTANCE_ID) == held


@pytest.mark.parametrize("status", LEAVING)
def test_a_heartbeat_never_brings_a_row_back(subject: Subject, status: str) -> None:
    held: Row = {**BEATEN, "status": status}
    subject.place(held)
    assert subject.registry.beat(BEAT) == WriteOutcome(verdict="leaving", row=held)
    assert subject.registry.row(INSTANCE_ID) == held


@pytest.mark.parametrize("seq", [3, 5])
def test_a_heartbeat_out_of_turn_is_not_written(subject: Subject, seq: int) -> None:
    held: Row = {**BEATEN, "hb_seq": seq}
    subject.place(held)
    assert subject.registry.beat(BEAT) == WriteOutcome(verdict="outpaced", row=held)
    assert subject.registry.row(INSTANCE_ID) == held


def test_a_heartbeat_that_a_retry_finds_there_is_written(subject: Subject) -> None:
    held: Row = {**BEATEN, "hb_seq": 5, "write_id": "beat-5"}
    subject.place(held)
    assert subject.registry.beat(BEAT) == WriteOutcome(verdict="written", row=held)


def test_a_lost_row_is_written_again_in_full(subject: Subject) -> None:
    assert subject.registry.restore(OURS)
    assert subject.registry.row(INSTANCE_ID) == OURS


@pytest.mark.parametrize("held", [THEIRS, {**OURS, "write_id": "x"}, {"instance_id": INSTANCE_ID}])
def test_restoring_never_overwrites_a_row(subject: Subject, held: Row) -> None:
    subject.place(held)
    assert not subject.registry.restore(OURS)
    assert subject.registry.row(INSTANCE_ID) == held


def test_what_the_operator_wants_survives_a_registration(subject: Subject) -> None:
    subject.place({**OURS, "write_id": "write-0", "desired": "maintenance"})
    subject.registry.put(OURS, now=NOW)
    assert subject.registry.row(INSTANCE_ID) == {**OURS, "desired": "maintenance"}


def test_what_the_operator_no_longer_wants_does_not_come_back(subject: Subject) -> None:
    subject.place({**OURS, "write_id": "write-0"})
    subject.registry.put({**OURS, "desired": "maintenance"}, now=NOW)
    assert subject.registry.row(INSTANCE_ID) == OURS


def test_another_live_registration_is_safe_whatever_the_operator_wants(subject: Subject) -> None:
    assert_is_fenced(subject, {**THEIRS, "desired": "maintenance"})


@pytest.mark.parametrize("status", LEAVING)
def test_a_row_goes_on_its_way_out_with_its_reason(subject: Subject, status: LeavingStatus) -> None:
    subject.place(OURS)
    outcome = subject.registry.leave(INSTANCE_ID, ME, status, {"reason_code": "spot"})
    row = subject.registry.row(INSTANCE_ID)
    assert row is not None
    assert outcome == WriteOutcome(verdict="written", row=row)
    assert (row["status"], row["reason_code"]) == (status, "spot")
    assert row["write_id"] != OURS["write_id"]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [("terminating", "draining"), ("terminated", "draining"), ("terminated", "terminating")],
)
def test_a_row_never_goes_back(subject: Subject, held: str, wanted: LeavingStatus) -> None:
    row: Row = {**OURS, "status": held}
    subject.place(row)
    assert subject.registry.leave(INSTANCE_ID, ME, wanted, {}).verdict == "leaving"
    assert subject.registry.row(INSTANCE_ID) == row


def test_leaving_again_is_no_step_back(subject: Subject) -> None:
    subject.place({**OURS, "status": "draining"})
    assert subject.registry.leave(INSTANCE_ID, ME, "draining", {}).verdict == "written"


def test_leaving_makes_no_row_and_touches_no_other_registration(subject: Subject) -> None:
    assert subject.registry.leave(INSTANCE_ID, ME, "draining", {}).verdict == "missing"
    assert subject.registry.row(INSTANCE_ID) is None
    subject.place(THEIRS)
    assert subject.registry.leave(INSTANCE_ID, ME, "draining", {}).verdict == "fenced"
    assert subject.registry.row(INSTANCE_ID) == THEIRS


def test_a_draining_row_goes_back_when_the_operator_says_so(subject: Subject) -> None:
    subject.place({**OURS, "status": "draining", "reason_code": "operator"})
    outcome = subject.registry.undrain(INSTANCE_ID, ME, reason_code="drain_undone")
    row = subject.registry.row(INSTANCE_ID)
    assert row is not None
    assert outcome == WriteOutcome(verdict="written", row=row)
    assert (row["status"], row["reason_code"]) == ("unhealthy", "drain_undone")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("terminating", "leaving"), ("terminated", "leaving"), ("healthy", "outpaced")],
)
def test_no_other_row_goes_back(subject: Subject, status: str, verdict: str) -> None:
    held: Row = {**OURS, "status": status}
    subject.place(held)
    outcome = subject.registry.undrain(INSTANCE_ID, ME, reason_code="drain_undone")
    assert outcome == WriteOutcome(verdict=verdict, row=held)  # type: ignore[arg-type]
    assert subject.registry.row(INSTANCE_ID) == held


def test_going_back_makes_no_row_and_touches_no_other_registration(subject: Subject) -> None:
    registry = subject.registry
    assert registry.undrain(INSTANCE_ID, ME, reason_code="x").verdict == "missing"
    held: Row = {**THEIRS, "status": "draining"}
    subject.place(held)
    assert registry.undrain(INSTANCE_ID, ME, reason_code="x").verdict == "fenced"
    assert registry.row(INSTANCE_ID) == held
