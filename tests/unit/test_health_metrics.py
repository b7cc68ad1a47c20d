"""What a health check measures, and whom it tells when the replica goes bad."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.boot import KEY
from fakes.service import HEALTHY, json_reply
from fakes.tick import Replica
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.health.metrics import boot_phases
from ladybug_agent.model import HttpReply
from ladybug_agent.ports.registry import Row

BAD = HttpReply(status=503, body=b"no")
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarm"
LOGS = {"metrics.destination": "logs", "metrics.log_group": "/group"}
REPLACE = {"health.replace_instance": True, "health.restart_budget": 1}
DOWN = ExternalFailure("aws_unreachable", "no connection")


def sent(replica: Replica) -> list[dict[str, Any]]:
    return [json.loads(text) for _, text in replica.cloud.events]


def test_a_check_is_one_event_in_the_embedded_metric_format(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.ticks(2)
    event = sent(replica)[1]
    (directive,) = event["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Environment", "NodeType"]]
    assert (event["Environment"], event["NodeType"], event["instance_id"]) == (
        "test",
        "shared_replica",
        KEY,
    )
    names = {metric["Name"] for metric in directive["Metrics"]}
    assert names == {
        "HealthStatus",
        "CheckLatencyMs",
        "Restarts",
        "RegistryWriteOk",
        "Flapping",
        "RegistryRowLost",
        "LeaseMarginSeconds",
        "SnapshotAgeSeconds",
    }
    assert all(isinstance(event[name], int | float) for name in names)
    assert (event["HealthStatus"], event["RegistryWriteOk"], event["LeaseMarginSeconds"]) == (
        1.0,
        1.0,
        120.0,
    )


def test_the_first_check_tells_how_long_the_boot_took(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.ticks(2)
    first, second = sent(replica)
    assert {"BootTotalSeconds", "BootPullImageSeconds", "BootMountSeconds"} <= first.keys()
    assert [name for name in second if name.startswith("Boot")] == []


def test_a_boot_record_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "bootstrap.json").write_text('{"steps": [{"name": "x"}]}')
    assert boot_phases(tmp_path / "bootstrap.json") == []
    assert boot_phases(tmp_path / "none.json") == []


def test_hydration_is_measured_where_it_is_told(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    report = {"schema": "ladybug.hydration/1", "state": "hydrating", "pct": 12}
    (tmp_path / "state" / "hydration.json").write_text(json.dumps(report))
    replica.tick()
    assert sent(replica)[0]["HydrationPct"] == 12.0


def test_metrics_that_could_not_be_sent_go_with_the_next(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.cloud.raises = DOWN
    assert replica.ticks(3).exit_status == 0
    replica.cloud.raises = None
    replica.tick()
    stamps = [event["_aws"]["Timestamp"] for event in sent(replica)[-4:]]
    assert [after - before for before, after in pairwise(stamps)] == [30_000] * 3


def test_a_stream_that_is_missing_is_made_by_the_next_check(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.cloud.streams.clear()
    replica.ticks(2)
    assert (len(replica.cloud.streams), replica.cloud.events) == (1, [])
    replica.tick()
    assert (len(replica.cloud.events), replica.most_calls) == (3, 2)


def test_metrics_that_nobody_takes_do_not_pile_up(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.cloud.raises = DOWN
    replica.ticks(60)
    assert len(replica.state.untold_metrics) == 40


def test_a_check_that_is_late_leaves_the_metrics_to_the_next(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **LOGS)
    replica.world.http.takes_s = 16.0
    assert replica.tick().exit_status == 0
    assert (replica.cloud.events, len(replica.state.untold_metrics)) == ([], 1)


def test_metrics_can_go_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "metrics.json"
    replica = Replica(tmp_path, **{"metrics.destination": "file", "metrics.file": str(path)})
    replica.ticks(2)
    assert [json.loads(line)["HealthStatus"] for line in path.read_text().splitlines()] == [1, 1]
    assert replica.cloud.own_calls == 0


def test_a_file_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    rules = {"metrics.destination": "file", "metrics.file": str(tmp_path)}
    replica = Replica(tmp_path, **rules)
    assert replica.tick().exit_status == 0
    assert replica.told("metrics_not_written")


def test_going_bad_is_told_once_with_the_reason(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"alerts.sns_topic": TOPIC, "health.restart_budget": 0})
    replica.world.http.replies["/health"] = BAD
    replica.ticks(6)
    ((topic, subject, message),) = replica.cloud.told
    assert (topic, subject) == (TOPIC, f"test {KEY} is unhealthy: health_not_ok")
    assert message.startswith("health_not_ok: the service answers 503")
    replica.world.http.replies["/health"] = json_reply(HEALTHY)
    replica.ticks(3)
    replica.world.http.replies["/health"] = BAD
    replica.ticks(3)
    assert len(replica.cloud.told) == 2


def test_an_alert_that_could_not_be_sent_is_tried_again(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"alerts.sns_topic": TOPIC, "health.restart_budget": 0})
    replica.world.http.replies["/health"] = BAD
    replica.cloud.raises = DOWN
    assert replica.ticks(4).exit_status == 1
    replica.cloud.raises = None
    replica.ticks(2)
    assert len(replica.cloud.told) == 1


def test_nobody_is_told_in_maintenance(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"alerts.sns_topic": TOPIC, "health.restart_budget": 0})
    replica.world.instance_registry.rows[KEY] = {**replica.row, "desired": "maintenance"}
    replica.world.http.replies["/health"] = BAD
    replica.ticks(6)
    assert (replica.cloud.told, replica.row["status"]) == ([], "unhealthy")


def broken(tmp_path: Path, *peers: Row, **config: object) -> Replica:
    replica = Replica(tmp_path, **{**REPLACE, **config})
    replica.cloud.peer_rows = [replica.row, *peers]
    replica.world.engine.refuses["run"] = ExternalFailure("container_port_in_use", "in use")
    replica.change_container(status="exited", exit_code=1)
    return replica


def peer(number: int, *, failing: bool, lease_s: int = 10**10) -> Row:
    status: Row = {"status": "unhealthy", "reason_code": "container_missing"}
    good: Row = {"status": "healthy"}
    return {
        "instance_id": f"i-{number}",
        "lease_expires_at": lease_s,
        **(status if failing else good),
    }


def test_an_instance_beyond_repair_is_given_up_where_that_is_configured(tmp_path: Path) -> None:
    replica = broken(tmp_path, peer(1, failing=False))
    replica.ticks(10)
    assert replica.cloud.given_up == []
    replica.ticks(20)
    assert (replica.cloud.given_up, replica.most_calls) == ([KEY], 2)


def test_no_instance_is_given_up_unless_it_is_configured(tmp_path: Path) -> None:
    replica = broken(tmp_path, **{"health.replace_instance": False})
    replica.ticks(40)
    assert replica.cloud.given_up == []


@pytest.mark.parametrize(("failing", "given_up"), [(2, [KEY]), (3, [])])
def test_it_is_held_back_while_the_peers_fail_in_the_same_way(
    tmp_path: Path, failing: int, given_up: list[str]
) -> None:
    peers = [peer(number, failing=number < failing) for number in range(10)]
    replica = broken(tmp_path, *peers)
    replica.ticks(40)
    assert (replica.cloud.given_up, bool(replica.told("replacement_held_back"))) == (
        given_up,
        not given_up,
    )


def test_peers_that_are_gone_are_no_peers(tmp_path: Path) -> None:
    gone = [peer(number, failing=True, lease_s=1) for number in range(9)]
    replica = broken(tmp_path, *gone, peer(10, failing=False))
    replica.ticks(40)
    assert replica.cloud.given_up == [KEY]
