"""Alarms and dashboard of the replica stack: what they look at, and when they are quiet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.tick import Replica
from support.cloudformation import read_template
from support.replica_stack import FIRST, TOPIC, configuration, replica_stack

ALARMS = replica_stack().resources("AWS::CloudWatch::Alarm")
DAY_S = 86400
each_alarm = pytest.mark.parametrize("name", sorted(ALARMS))


@pytest.fixture
def emitted(tmp_path: Path) -> dict[str, set[str]]:
    """Return the metrics of a first and a later health check, and their dimensions."""
    replica = Replica(tmp_path, **{"metrics.destination": "logs", "metrics.log_group": "/group"})
    replica.ticks(2)
    told = [json.loads(text)["_aws"]["CloudWatchMetrics"][0] for _, text in replica.cloud.events]
    names = {metric["Name"] for directive in told for metric in directive["Metrics"]}
    return {name: set(told[0]["Dimensions"][0]) for name in names}


def metrics_of(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "MetricName" in alarm:
        yield alarm
    for part in alarm.get("Metrics", ()):
        if "MetricStat" in part:
            yield part["MetricStat"]["Metric"]


def widget_metrics() -> Iterator[tuple[str, str, set[str]]]:
    board = replica_stack().properties("Dashboard")["DashboardBody"]
    for widget in json.loads(board)["widgets"]:
        for namespace, name, *rest, options in widget["properties"]["metrics"]:
            assert isinstance(options, dict)
            yield namespace, name, set(rest[::2])


def test_what_alarms_and_dashboard_look_at_is_what_the_agent_emits(
    emitted: dict[str, set[str]],
) -> None:
    looked_at = [
        (metric["MetricName"], {one["Name"] for one in metric["Dimensions"]})
        for alarm in ALARMS.values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == "LadybugAgent"
    ]
    looked_at += [(name, dims) for space, name, dims in widget_metrics() if space == "LadybugAgent"]
    assert len(looked_at) > 10
    assert [(name, dims) for name, dims in looked_at if emitted.get(name) != dims] == []


def test_the_namespace_is_the_agents_default() -> None:
    assert "namespace" not in configuration(replica_stack())["metrics"]


@each_alarm
def test_an_alarm_tells_the_topic_when_it_begins_and_when_it_ends(name: str) -> None:
    assert (ALARMS[name]["AlarmActions"], ALARMS[name]["OKActions"]) == ([TOPIC], [TOPIC])


@each_alarm
def test_an_alarm_is_one_that_cloudwatch_takes(name: str) -> None:
    alarm = ALARMS[name]
    assert 1 <= alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    periods = [alarm.get("Period")] + [
        part.get("MetricStat", {}).get("Period") for part in alarm.get("Metrics", ())
    ]
    told = {period for period in periods if period}
    assert len(told) == 1
    assert told.pop() * alarm["EvaluationPeriods"] <= DAY_S
    returned = [part for part in alarm.get("Metrics", ()) if part.get("ReturnData", True)]
    assert len(returned) == (1 if "Metrics" in alarm else 0)


@each_alarm
def test_every_alarm_waits_for_a_first_deployment_to_be_over(name: str) -> None:
    """It is made after the group, and the group is made when its instances have signalled."""
    resource = read_template("replicas")["Resources"][name]
    refers = {"Ref": "ReplicaGroup"} in list(_leaves(resource["Properties"]))
    assert refers or resource["DependsOn"] == "ReplicaGroup"


def _leaves(part: Any) -> Iterator[Any]:
    yield part
    for value in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from _leaves(value)


def test_finding_14_old_data_raises_an_alarm_and_so_does_an_age_that_nobody_tells() -> None:
    alarm = ALARMS["SnapshotOld"]
    metrics = {part["Id"]: part for part in alarm["Metrics"]}
    assert metrics["age"]["MetricStat"]["Metric"]["MetricName"] == "SnapshotAgeSeconds"
    assert metrics["days"]["Expression"] == f"age / {DAY_S}"
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (7, "breaching")


def test_a_first_deployment_without_data_has_no_age_to_watch() -> None:
    names = set(replica_stack(**FIRST).resources("AWS::CloudWatch::Alarm"))
    assert set(ALARMS) - names == {"SnapshotOld"}


def test_a_fleet_that_may_be_empty_is_not_watched() -> None:
    assert replica_stack(MinSize="0").resources("AWS::CloudWatch::Alarm") == {}


@pytest.mark.parametrize("name", ["HeartbeatMissing", "HealthyHostsLow", "HealthyHostsLowForLong"])
def test_finding_15_silence_is_alarming(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "breaching"
    assert ALARMS[name]["Threshold"] == 2


def test_finding_15_a_replica_that_turns_bad_tells_and_one_that_warms_up_does_not() -> None:
    """No health check runs before a boot has registered, so there is nothing to be below."""
    alarm = ALARMS["ReplicaUnhealthy"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("HealthStatus", "Minimum")
    assert alarm["TreatMissingData"] == "notBreaching"
    unit = Path(__file__).parents[2] / "systemd" / "ladybug-health.service"
    assert "ConditionPathExists=/run/ladybug-agent/served.json" in unit.read_text()
    assert configuration(replica_stack())["alerts"]["sns_topic"] == TOPIC


def test_too_few_hosts_are_no_alarm_while_a_replica_is_on_its_way_but_not_for_ever() -> None:
    quick = {part["Id"]: part for part in ALARMS["HealthyHostsLow"]["Metrics"]}
    assert quick["wanted"]["Expression"] == "IF(FILL(pending, 0) > 0, 2, FILL(healthy, 0))"
    assert quick["pending"]["MetricStat"]["Metric"]["MetricName"] == "GroupPendingInstances"
    slow = ALARMS["HealthyHostsLowForLong"]
    boot_s = configuration(replica_stack())["instance"]["boot_timeout_s"]
    assert slow["Period"] * slow["EvaluationPeriods"] > 2 * boot_s
    assert slow["EvaluationPeriods"] == slow["DatapointsToAlarm"]


def test_the_group_publishes_the_metrics_that_are_looked_at() -> None:
    (collection,) = replica_stack().properties("ReplicaGroup")["MetricsCollection"]
    looked_at = {name for space, name, _ in widget_metrics() if space == "AWS/AutoScaling"}
    looked_at |= {
        metric["MetricName"]
        for alarm in ALARMS.values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == "AWS/AutoScaling"
    }
    assert looked_at <= set(collection["Metrics"])


def test_every_failed_boot_is_told_with_its_reason() -> None:
    rule = replica_stack().properties("BootFailed")
    assert rule["EventPattern"]["detail"] == {
        "AutoScalingGroupName": ["shared-replicas-lab-replicas"]
    }
    (target,) = rule["Targets"]
    given = target["InputTransformer"]
    assert target["Arn"] == TOPIC
    assert set(re.findall(r"<(\w+)>", given["InputTemplate"])) == set(given["InputPathsMap"])


def test_alarms_events_and_the_account_may_use_the_topic() -> None:
    document = replica_stack().properties("TopicPolicy")["PolicyDocument"]
    owner, services = document["Statement"]
    assert owner["Principal"]["AWS"] == "arn:aws:iam::123456789012:root"
    assert services["Principal"]["Service"] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    assert services["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
