"""The operator's way back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fakes.boot import KEY
from fakes.clock import STARTED_AT
from fakes.leaving import FakeAnnouncements, Replica
from ladybug_agent.drain.phase import drain_in_effect
from ladybug_agent.drain.undo import Undone, undo_drain
from ladybug_agent.errors import Cancelled, ExternalFailure, Refused
from ladybug_agent.model.lifecycle import Notices, SpotNotice


def undo(replica: Replica, notices: Notices | None = None) -> Undone:
    announcements = FakeAnnouncements(notices or Notices())
    return undo_drain(replica.machine.config, replica.world, announcements, replica.deadline(30.0))


def draining(tmp_path: Path) -> Replica:
    """Return a replica whose drain was told to stop while it waited."""
    replica = Replica.up(tmp_path)
    deadline = replica.deadline()
    assert replica.world.balancer
    replica.world.balancer.hangs = deadline.cancel
    with pytest.raises(Cancelled):
        replica.drain(deadline=deadline)
    replica.world.balancer.hangs = None
    assert replica.row["status"] == "draining"
    return replica


def test_a_drain_that_waits_can_be_undone(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    assert undo(replica).row == "unhealthy until the next good health check"
    row = replica.row
    assert (row["status"], row["reason_code"]) == ("unhealthy", "drain_undone")
    assert replica.machine.container_status == "running"
    assert drain_in_effect(replica.state, str(row["boot_id"])) is None


def test_a_drain_under_way_notices_that_it_was_undone(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    balancer = replica.world.balancer
    assert balancer
    done: list[Undone] = []

    def once() -> None:
        if not done:
            balancer.hangs = None
            done.append(undo(replica))

    balancer.hangs = once
    with pytest.raises(Cancelled) as ending:
        replica.drain()
    assert ending.value.code == "drain_undone"
    assert (replica.row["status"], replica.machine.container_status) == ("unhealthy", "running")


def test_the_load_balancer_takes_the_instance_back(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    balancer = replica.world.balancer
    assert balancer
    balancer.deregister()
    assert undo(replica).target == "registered again"
    assert balancer.target_state() == "initial"


def test_a_replica_whose_drain_was_undone_boots_and_drains_again(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    undo(replica)
    assert replica.machine.boot().error is None
    assert replica.row["status"] == "healthy"
    assert replica.drain().result == "drained"


def test_without_a_drain_there_is_nothing_to_undo(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    with pytest.raises(Refused) as refusal:
        undo(replica)
    assert refusal.value.code == "drain_not_undoable"
    assert replica.row["status"] == "healthy"


def test_there_is_no_way_back_once_the_container_was_stopped(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain()
    with pytest.raises(Refused):
        undo(replica)
    assert replica.row["status"] == "terminated"


@pytest.mark.parametrize(
    "notices",
    [
        Notices(target_lifecycle_state="Terminated"),
        Notices(spot=SpotNotice(action="terminate", at=STARTED_AT + timedelta(minutes=2))),
    ],
)
def test_an_instance_that_is_taken_away_is_drained_whatever_the_operator_says(
    tmp_path: Path, notices: Notices
) -> None:
    replica = draining(tmp_path)
    with pytest.raises(Refused) as refusal:
        undo(replica, notices)
    assert refusal.value.code == "instance_terminating"
    assert replica.row["status"] == "draining"


def test_a_registry_that_is_down_can_be_told_by_a_second_undo(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    registry = replica.machine.world.instance_registry
    registry.raises = ExternalFailure("aws_unreachable", "down", hint="check")
    with pytest.raises(ExternalFailure):
        undo(replica)
    registry.raises = None
    undo(replica)
    assert replica.row["status"] == "unhealthy"


def test_the_row_of_another_registration_is_not_touched(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    theirs = {**replica.row, "registration_id": "somebody-else"}
    replica.machine.world.instance_registry.rows[KEY] = theirs
    with pytest.raises(Refused):
        undo(replica)
    assert replica.row == theirs


def test_a_boot_is_refused_while_a_drain_runs_and_tells_nobody(tmp_path: Path) -> None:
    replica = draining(tmp_path)
    told = len(replica.machine.told)
    with pytest.raises(Refused) as refusal:
        replica.machine.boot()
    assert refusal.value.code == "instance_draining"
    assert (len(replica.machine.told), replica.row["status"]) == (told, "draining")


def test_after_an_operators_drain_the_replica_can_be_booted_again(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain("operator")
    assert replica.machine.boot().error is None
    assert replica.row["status"] == "healthy"


def test_after_a_spot_notice_it_cannot(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain("spot_interruption")
    with pytest.raises(Refused):
        replica.machine.boot()
    assert replica.row["status"] == "terminated"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "other"}', "[" * 9999])
def test_a_record_that_is_torn_is_of_no_drain(tmp_path: Path, text: str) -> None:
    replica = Replica.up(tmp_path)
    replica.state.drain.write_text(text)
    assert drain_in_effect(replica.state, str(replica.row["boot_id"])) is None
    assert replica.drain().result == "drained"


def test_the_record_of_an_earlier_boot_of_the_machine_means_nothing(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain("spot_interruption")
    assert drain_in_effect(replica.state, "another-boot") is None
