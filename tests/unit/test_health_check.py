"""Whole health checks of a replica that has booted: verdict, row, exit status and event."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.boot import KEY
from fakes.service import HEALTHY, json_reply
from fakes.tick import Replica
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.model import HttpReply

BAD = HttpReply(status=503, body=b'{"status": "unhealthy"}')


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    return Replica(tmp_path)


def answer(replica: Replica, *, well: bool) -> None:
    replica.world.http.replies["/health"] = json_reply(HEALTHY) if well else BAD


def test_a_good_replica_stays_healthy_and_its_lease_is_renewed(replica: Replica) -> None:
    before = replica.row
    report = replica.tick()
    assert (report.exit_status, report.registry, replica.row["status"]) == (0, "written", "healthy")
    assert replica.row["lease_expires_at"] == int(before["lease_expires_at"]) + 30
    assert (replica.row["hb_seq"], replica.row["write_id"] != before["write_id"]) == (1, True)


def test_a_check_says_so_in_one_last_line(replica: Replica) -> None:
    replica.tick()
    last = replica.events[-1]
    assert (last["event"], last["status"], last["registry"], last["hb_seq"]) == (
        "health_check_finished",
        "healthy",
        "written",
        1,
    )


def test_two_bad_checks_change_nothing_and_show_in_the_row(replica: Replica) -> None:
    answer(replica, well=False)
    report = replica.ticks(2)
    assert (report.exit_status, replica.row["status"]) == (0, "healthy")
    assert (replica.row["failing_checks"], replica.row["fail_streak"]) == ("health_not_ok", 2)


def test_the_third_bad_check_makes_it_unhealthy_with_its_reason(replica: Replica) -> None:
    answer(replica, well=False)
    report = replica.ticks(3)
    assert (report.exit_status, replica.row["status"], replica.row["reason_code"]) == (
        1,
        "unhealthy",
        "health_not_ok",
    )
    (changed,) = replica.told("health_changed")
    assert (changed["status"], changed["reason_code"]) == ("unhealthy", "health_not_ok")
    assert str(replica.row["transitions"]).endswith("healthy>unhealthy health_not_ok")


def test_the_second_good_check_makes_it_healthy_again(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"health.restart_budget": 0})
    answer(replica, well=False)
    replica.ticks(3)
    answer(replica, well=True)
    assert (replica.tick().exit_status, replica.row["status"]) == (1, "unhealthy")
    assert (replica.tick().exit_status, replica.row["status"]) == (0, "healthy")
    assert "reason_code" not in replica.row


def test_a_check_failing_once_in_a_while_is_no_transition(replica: Replica) -> None:
    for _ in range(4):
        answer(replica, well=False)
        replica.tick()
        answer(replica, well=True)
        replica.ticks(8)
    assert (replica.row["status"], replica.told("health_changed")) == ("healthy", [])


def test_flapping_at_every_check_holds_the_worse_state(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"health.restart_budget": 0})
    for turn in range(40):
        answer(replica, well=bool(turn % 2))
        replica.tick()
    assert (replica.row["status"], replica.row["reason_code"]) == ("unhealthy", "flapping")
    assert len(replica.told("health_changed")) == 1
    answer(replica, well=True)
    replica.ticks(2)
    assert replica.row["status"] == "unhealthy"
    replica.ticks(10)
    assert replica.row["status"] == "healthy"


def test_a_service_that_drips_or_hangs_is_a_bad_check(replica: Replica) -> None:
    def hang(url: str) -> HttpReply:
        raise NotYet("health_timeout", f"{url} did not answer in time")

    replica.world.http.get = hang  # type: ignore[method-assign]
    assert replica.tick().verdict.look.codes == ("health_timeout",)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>", "health_garbled"),
        (b'{"status": "healthy", "database_count": 0}', "health_databases_missing"),
        (b'{"status": "starting", "database_count": 1}', "health_not_ok"),
    ],
)
def test_the_content_counts_and_not_only_the_status(
    replica: Replica, body: bytes, code: str
) -> None:
    replica.world.http.replies["/health"] = HttpReply(status=200, body=body)
    assert replica.tick().verdict.look.codes == (code,)


def test_capacity_is_of_the_time_since_the_check_before(replica: Replica) -> None:
    replica.ticks(2)
    row = replica.row
    assert (row["cpu_utilization"], row["memory_utilization"], row["iops_utilization"]) == (
        25.0,
        20.0,
        10.0,
    )
    assert row["available_capacity_pct"] == 75.0


def test_stale_data_only_degrades(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"data.snapshot_max_age_days": 1.5})
    replica.tick()
    assert not replica.row["degraded"]
    report = replica.tick(after_s=2 * 24 * 3600)
    assert (report.exit_status, replica.row["status"]) == (0, "healthy")
    assert (replica.row["degraded"], replica.row["degraded_reasons"]) == (True, "stale_snapshot")
    assert [told["reasons"] for told in replica.told("degraded_changed")] == [["stale_snapshot"]]


def test_a_volume_that_still_loads_only_degrades(replica: Replica, tmp_path: Path) -> None:
    report = tmp_path / "state" / "hydration.json"
    report.write_text('{"schema": "ladybug.hydration/1", "state": "hydrating", "pct": 41.5}')
    assert replica.tick().exit_status == 0
    assert (replica.row["degraded_reasons"], replica.row["hydration_pct"]) == ("hydrating", 41.5)
    report.write_text('{"schema": "ladybug.hydration/1", "state": "complete", "pct": 100}')
    replica.tick()
    assert (replica.row["degraded"], replica.row["hydration_pct"]) == (False, 100.0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "other/1", "state": "hydrating"}'])
def test_a_hydration_report_that_cannot_be_read_says_nothing(
    replica: Replica, tmp_path: Path, text: str
) -> None:
    (tmp_path / "state" / "hydration.json").write_text(text)
    replica.tick()
    assert not replica.row["degraded"]


def test_the_known_query_is_asked_every_fifth_time(tmp_path: Path) -> None:
    rules = {"health.query": "MATCH (n) RETURN count(n)", "health.query_answer": "42"}
    replica = Replica(tmp_path, **rules)
    replica.world.http.replies["/databases/sec/query"] = json_reply({"rows": [[42]]})
    replica.ticks(6)
    assert len(replica.world.http.posted) == 2
    replica.world.http.replies["/databases/sec/query"] = json_reply({"rows": [[41]]})
    replica.ticks(5)
    assert replica.reports[-1].verdict.look.codes == ("query_answer_wrong",)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"rows": []}', b'{"rows": [[1, 2]]}', b""])
def test_a_query_without_one_value_has_failed(tmp_path: Path, body: bytes) -> None:
    replica = Replica(tmp_path, **{"health.query": "RETURN 1", "health.query_answer": "1"})
    replica.world.http.replies["/databases/sec/query"] = HttpReply(status=200, body=body)
    assert replica.tick().verdict.look.codes == ("query_failed",)


def test_a_check_asks_aws_twice_at_most(tmp_path: Path) -> None:
    replica = Replica(
        tmp_path,
        **{
            "metrics.destination": "logs",
            "metrics.log_group": "/group",
            "alerts.sns_topic": "arn:aws:sns:eu-central-1:123456789012:alarm",
        },
    )
    replica.ticks(2)
    answer(replica, well=False)
    replica.ticks(4)
    del replica.world.instance_registry.rows[KEY]
    answer(replica, well=True)
    replica.ticks(6)
    assert (replica.most_calls, replica.row["status"]) == (2, "healthy")
    assert len(replica.cloud.events) == 12


def test_a_replica_that_is_empty_by_request_is_checked_without_a_volume(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"data.mode": "empty", "data.databases": ()})
    report = replica.ticks(2)
    assert (report.exit_status, replica.row["degraded_reasons"]) == (0, "empty_by_request")


def test_a_dependency_that_is_down_changes_no_verdict(replica: Replica) -> None:
    replica.look.raises = ExternalFailure("container_engine_unreachable", "no engine")
    replica.world.instance_registry.raises = ExternalFailure("aws_unreachable", "no connection")
    report = replica.ticks(5)
    assert (report.run.state.status, report.exit_status) == ("healthy", 4)
    assert replica.told("check_unknown")[0]["code"] == "container_engine_unreachable"
