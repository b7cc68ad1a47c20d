"""The replica stack: group, hooks, load balancer, updates, and how their times fit."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.cloudformation import read_template
from support.replica_stack import GROUP, configuration, replica_stack

DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def seconds(duration: str) -> int:
    found = DURATION.fullmatch(duration)
    assert found
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest


def group(**changes: str | list[str]) -> dict[str, Any]:
    return replica_stack(**changes).properties("ReplicaGroup")


def update_policy(rollout: str) -> dict[str, Any]:
    stack = replica_stack(Rollout=rollout)
    found: dict[str, Any] = stack.value(
        read_template("replicas")["Resources"]["ReplicaGroup"]["UpdatePolicy"]
    )
    return found


def hook(transition: str) -> dict[str, Any]:
    return next(
        one
        for one in group()["LifecycleHookSpecificationList"]
        if one["LifecycleTransition"] == f"autoscaling:EC2_INSTANCE_{transition}"
    )


def test_the_hooks_are_in_the_groups_own_list_so_that_the_first_instances_meet_them() -> None:
    kinds = {one["Type"] for one in read_template("replicas")["Resources"].values()}
    assert "AWS::AutoScaling::LifecycleHook" not in kinds
    assert hook("LAUNCHING")["DefaultResult"] == "ABANDON"
    assert hook("TERMINATING")["DefaultResult"] == "CONTINUE"
    assert len(group()["LifecycleHookSpecificationList"]) == 2


def test_the_group_runs_the_launch_templates_newest_version_by_number() -> None:
    resources = read_template("replicas")["Resources"]
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    plain, mixed = (
        resources["ReplicaGroup"]["Properties"][name]["Fn::If"]
        for name in ("LaunchTemplate", "MixedInstancesPolicy")
    )
    assert plain[2]["Version"] == version
    assert mixed[1]["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"] == version


@pytest.mark.parametrize(
    ("changes", "types"),
    [
        ({"SecondInstanceType": "r6g.large"}, ["r7g.large", "r6g.large"]),
        ({"OnDemandPercent": "50"}, ["r7g.large"]),
    ],
)
def test_a_mixture_is_an_option(changes: dict[str, str], types: list[str]) -> None:
    found = group(**changes)
    overrides = found["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert [one["InstanceType"] for one in overrides] == types
    assert "LaunchTemplate" not in found


def test_without_a_mixture_there_is_a_plain_launch_template() -> None:
    assert "MixedInstancesPolicy" not in group()
    assert "CapacityRebalance" not in group()
    assert group(OnDemandPercent="0")["CapacityRebalance"] is True


def test_finding_10_every_wait_outlasts_the_one_inside_it() -> None:
    """The health wait, the boot, the hook, the signal, the creation: at least 10 min, in order."""
    agent = configuration(replica_stack())
    health, boot = agent["health"]["wait_timeout_s"], agent["instance"]["boot_timeout_s"]
    policy = update_policy("signals")["AutoScalingRollingUpdate"]
    resource = read_template("replicas")["Resources"]["ReplicaGroup"]
    creation = seconds(resource["CreationPolicy"]["ResourceSignal"]["Timeout"])
    launch, pause = hook("LAUNCHING")["HeartbeatTimeout"], seconds(policy["PauseTime"])
    assert 600 <= health < boot < launch < pause < creation
    assert (pause, creation) <= (3600, 12 * 3600)
    assert policy["WaitOnResourceSignals"] is True
    assert 30 <= hook("TERMINATING")["HeartbeatTimeout"] <= launch <= 7200


def test_a_rolling_update_suspends_what_would_work_against_it_and_nothing_it_needs() -> None:
    policy = update_policy("signals")["AutoScalingRollingUpdate"]
    assert policy["MinSuccessfulInstancesPercent"] == 100
    assert not {"Launch", "Terminate", "AddToLoadBalancer"} & set(policy["SuspendProcesses"])
    assert {"HealthCheck", "ReplaceUnhealthy"} < set(policy["SuspendProcesses"])


def test_an_instance_refresh_launches_before_it_terminates() -> None:
    ((name, refresh),) = update_policy("refresh").items()
    assert name == "AutoScalingInstanceRefresh"
    assert refresh["Preferences"]["MinHealthyPercentage"] == 100
    assert refresh["Preferences"]["MaxHealthyPercentage"] <= 200


def test_a_new_group_waits_for_a_signal_of_each_instance() -> None:
    resource = read_template("replicas")["Resources"]["ReplicaGroup"]
    stack = replica_stack(DesiredCapacity="3")
    assert stack.value(resource["CreationPolicy"])["ResourceSignal"]["Count"] == "3"


def test_nothing_is_ordered_after_the_group_that_a_booting_replica_needs() -> None:
    """The profile and the role are ordered by themselves; the listener and the topic are not."""
    resource = read_template("replicas")["Resources"]["ReplicaGroup"]
    assert resource["DependsOn"] == ["Listener", "TopicPolicy"]
    kinds = {one["Type"] for one in read_template("replicas")["Resources"].values()}
    assert not {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} & kinds


def test_the_load_balancer_lets_a_replica_go_within_its_drain() -> None:
    properties = replica_stack().properties("TargetGroup")
    attributes = {one["Key"]: one["Value"] for one in properties["TargetGroupAttributes"]}
    delay = int(attributes["deregistration_delay.timeout_seconds"])
    ending = 10 + 25  # docs/lifecycle.md: `drain.stop_grace_s` and what the ending has reserved
    budget = configuration(replica_stack())["drain"]["budget_s"]
    assert delay + ending < budget < hook("TERMINATING")["HeartbeatTimeout"]


def test_a_grace_period_covers_the_load_balancers_first_look() -> None:
    target, of_group = replica_stack().properties("TargetGroup"), group()
    assert of_group["HealthCheckGracePeriod"] >= target["HealthCheckIntervalSeconds"]
    assert of_group["HealthCheckType"] == "ELB,EBS"
    assert 0 < of_group["DefaultInstanceWarmup"] <= 120


def test_finding_13_logs_are_kept_for_30_days() -> None:
    assert replica_stack().properties("LogGroup")["RetentionInDays"] == 30


def test_finding_18_the_version_deployed_is_an_output_of_the_stack() -> None:
    outputs = read_template("replicas")["Outputs"]
    assert replica_stack().value(outputs["AgentVersion"]["Value"]) == "1.0.0"
    assert replica_stack().value(outputs["GroupName"]["Value"]) == GROUP


def test_replicas_are_reached_from_the_load_balancer_and_reach_out_by_https_only() -> None:
    stack = replica_stack()
    replicas, balancer = stack.properties("ReplicaSecurityGroup"), stack.properties("BalancerGroup")
    (ingress,), (egress,) = replicas["SecurityGroupIngress"], replicas["SecurityGroupEgress"]
    assert (ingress["SourceSecurityGroupId"], ingress["FromPort"]) == ("BalancerGroup", 8001)
    assert (egress["FromPort"], egress["ToPort"]) == (443, 443)
    assert balancer["SecurityGroupEgress"][0]["CidrIp"] == "127.0.0.1/32"  # or all is allowed
    assert stack.properties("Balancer")["Scheme"] == "internal"
