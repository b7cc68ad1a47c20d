"""The registry as the health check meets it: down, throttled, gone, taken, deleted, slow."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import KEY
from fakes.service import HEALTHY, json_reply
from fakes.tick import Replica, begin_drain
from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_agent.model import HttpReply
from ladybug_agent.ports.registry import LEAVING
from ladybug_agent.reader import is_routable

DOWN = ExternalFailure("aws_unreachable", "wanted dynamodb:UpdateItem, found no connection")
BAD = HttpReply(status=503, body=b"no")


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    made = Replica(tmp_path, **{"health.restart_budget": 0})
    made.tick()
    return made


def now_s(replica: Replica) -> float:
    return replica.clock.utcnow().timestamp()


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        ExternalFailure("aws_throttled", "still throttled"),
        ConfigError("registry_table_missing", "found no such table"),
        ExternalFailure("imds_refused", "no credentials"),
    ],
    ids=lambda error: error.code,
)
def test_a_registry_that_is_lost_for_ten_minutes_is_told_once_and_told_again(
    replica: Replica, error: ExternalFailure
) -> None:
    replica.world.instance_registry.raises = error
    report = replica.ticks(20)
    assert (report.exit_status, report.run.state.status, report.registry) == (
        4,
        "healthy",
        "failed",
    )
    assert [told["code"] for told in replica.told("registry_lost")] == [error.code]
    assert not is_routable(replica.row, now_s(replica))
    replica.world.instance_registry.raises = None
    assert replica.tick().exit_status == 0
    (told,) = replica.told("registry_recovered")
    assert (told["missed"], told["outage_s"], told["code"]) == (20, 600, error.code)
    assert str(replica.row["last_outage"]).endswith(f"600 s, 20 missed, {error.code}")
    assert is_routable(replica.row, now_s(replica))


def test_what_happened_during_an_outage_is_told_after_it(replica: Replica) -> None:
    replica.world.instance_registry.raises = DOWN
    replica.world.http.replies["/health"] = BAD
    assert replica.ticks(4).exit_status == 1
    replica.world.http.replies["/health"] = json_reply(HEALTHY)
    replica.ticks(3)
    replica.world.instance_registry.raises = None
    replica.tick()
    (told,) = replica.told("registry_recovered")
    assert [text.partition(" ")[2] for text in told["transitions"]] == [
        "healthy>unhealthy health_not_ok",
        "unhealthy>healthy",
    ]
    assert "healthy>unhealthy health_not_ok" in str(replica.row["transitions"])


def test_a_write_whose_answer_was_lost_is_found_by_the_next_check(replica: Replica) -> None:
    replica.world.instance_registry.loses_answers = DOWN
    assert replica.tick().exit_status == 4
    written = replica.row
    replica.world.instance_registry.loses_answers = None
    assert replica.tick().exit_status == 0
    assert (replica.row["hb_seq"], written["hb_seq"]) == (3, 2)
    assert replica.told("heartbeat_resynced")[0]["hb_seq"] == 2


def test_a_boot_that_registers_anew_is_no_other_registration(replica: Replica) -> None:
    replica.ticks(3)
    del replica.world.instance_registry.rows[KEY]
    assert replica.machine.boot().error is None
    assert (replica.tick().exit_status, replica.row["hb_seq"]) == (0, 1)


def test_another_registration_is_never_touched_and_ends_with_3(replica: Replica) -> None:
    theirs = {**replica.row, "registration_id": "theirs", "write_id": "theirs"}
    replica.world.instance_registry.rows[KEY] = theirs
    report = replica.ticks(3)
    assert (report.exit_status, report.registry, replica.row) == (3, "fenced", theirs)
    (told,) = replica.told("registration_fenced")
    assert told["held_by"] == "theirs"


def test_a_row_that_another_registration_left_is_taken_over(replica: Replica) -> None:
    ended = {**replica.row, "registration_id": "theirs", "lease_expires_at": 1, "desired": "x"}
    replica.world.instance_registry.rows[KEY] = ended
    report = replica.tick()
    assert (report.exit_status, report.registry) == (0, "restored")
    assert (replica.row["registration_id"], replica.row["desired"]) == (
        replica.served.registration_id,
        "x",
    )
    assert len(replica.told("row_taken_over")) == 1
    assert (replica.tick().registry, replica.most_calls) == ("written", 2)


def test_a_sick_replica_takes_no_row_over(replica: Replica) -> None:
    ended = {**replica.row, "registration_id": "theirs", "lease_expires_at": 1}
    replica.world.instance_registry.rows[KEY] = ended
    replica.world.http.replies["/health"] = BAD
    assert (replica.tick().exit_status, replica.row) == (3, ended)


def test_an_old_process_that_comes_back_after_a_newer_boot_is_fenced(replica: Replica) -> None:
    served, state = replica.served, replica.state
    newer = {**replica.row, "registration_id": "newer", "boot_id": "newer", "hb_seq": 0}
    replica.world.instance_registry.rows[KEY] = newer
    assert (replica.tick().exit_status, replica.row) == (3, newer)
    assert (replica.served, replica.state.status) == (served, state.status)


def test_a_deleted_row_is_written_again_in_full_and_counted(replica: Replica) -> None:
    before = replica.row
    del replica.world.instance_registry.rows[KEY]
    report = replica.tick()
    assert (report.exit_status, report.registry, replica.row) == (4, "missing", {})
    report = replica.tick()
    assert (report.exit_status, report.registry) == (0, "restored")
    missing = set(before) - set(replica.row)
    assert (missing, replica.row["status"], replica.row["rows_lost"]) == (set(), "healthy", 1)
    assert (replica.row["created_at"], replica.row["hb_seq"]) == (before["created_at"], 0)
    assert [line["event"] for line in replica.events if "row_" in line["event"]] == [
        "row_lost",
        "row_restored",
    ]
    assert (replica.tick().registry, replica.row["hb_seq"]) == ("written", 1)


def test_a_deleted_row_of_a_sick_replica_stays_deleted(replica: Replica) -> None:
    replica.world.http.replies["/health"] = BAD
    replica.tick()  # still healthy by its state, but not by this check
    del replica.world.instance_registry.rows[KEY]
    report = replica.ticks(4)
    assert (report.exit_status, report.registry, replica.row) == (1, "missing", {})
    assert len(replica.told("row_lost")) == 1
    replica.world.http.replies["/health"] = json_reply(HEALTHY)
    replica.tick()
    assert replica.row == {}
    assert (replica.tick().registry, replica.row["rows_lost"]) == ("restored", 1)


@pytest.mark.parametrize("status", LEAVING)
def test_a_row_on_its_way_out_is_left_as_it_is(replica: Replica, status: str) -> None:
    leaving = {**replica.row, "status": status}
    replica.world.instance_registry.rows[KEY] = leaving
    report = replica.ticks(2)
    assert (report.exit_status, report.registry, replica.row) == (0, "leaving", leaving)
    assert len(replica.told("row_is_leaving")) == 1


def test_a_row_that_was_leaving_and_is_deleted_does_not_come_back(replica: Replica) -> None:
    replica.world.instance_registry.rows[KEY] = {**replica.row, "status": "terminated"}
    replica.tick()
    del replica.world.instance_registry.rows[KEY]
    report = replica.ticks(3)
    assert (report.registry, replica.row) == ("missing", {})


def test_no_row_comes_back_once_a_drain_has_begun(replica: Replica) -> None:
    begin_drain(replica)
    del replica.world.instance_registry.rows[KEY]
    assert (replica.tick().registry, replica.row) == ("missing", {})


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_stepped_clock_changes_no_verdict_and_the_lease_follows_it(
    replica: Replica, step_s: float
) -> None:
    steady = replica.state
    replica.ticks(2)
    stepped = replace(replica.state, wall_s=replica.state.wall_s - step_s)
    replica.state_dir.health.write_text(json.dumps(stepped.document()))
    report = replica.tick()
    assert (report.exit_status, report.run.state.status) == (0, steady.status)
    assert [told["by_s"] for told in replica.told("clock_stepped")] == [step_s]
    assert replica.row["lease_expires_at"] == int(now_s(replica)) + 150


def test_the_operator_s_word_is_kept_and_honoured(tmp_path: Path) -> None:
    replica = Replica(tmp_path)
    replica.tick()
    replica.world.instance_registry.rows[KEY] = {**replica.row, "desired": "maintenance"}
    replica.tick()
    assert not is_routable(replica.row, now_s(replica))
    replica.world.engine.stop(replica.served.container_id, grace_s=0)
    report = replica.ticks(4)
    assert (report.exit_status, replica.row["status"]) == (1, "unhealthy")
    assert (replica.row["desired"], replica.told("restart_started")) == ("maintenance", [])
    assert replica.told("restart_left_undone")[0]["desired"] == "maintenance"
    row = dict(replica.row)
    del row["desired"]
    replica.world.instance_registry.rows[KEY] = row
    replica.ticks(2)
    assert len(replica.told("restart_started")) == 1
    assert "desired" not in replica.row
