"""A replica's whole life under the policy of its stack, and what fails without each of its actions.

The policy is the stack's own, the configuration that of its user data, the calls those of the
agent's verbs; ECR's registry endpoint asks for the pull's permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integration.conftest import Launch
from ladybug_lab.agent_process import AgentRun, Event
from ladybug_lab.aws.policy import actions_of, without
from ladybug_lab.aws.records import VolumeInitialization
from ladybug_lab.depot import Depot
from ladybug_lab.instance import remove_container
from support.booting import boot, record_of, row_of
from support.checking import check, checks
from support.ecr_front import ecr_front
from support.leaving import agent, step_of
from support.replica_stack import agent_policy, replica_stack
from support.stack_life import (
    PLAN,
    StackLife,
    checks_until,
    draining,
    hydrate,
    hydration_state,
)
from support.variants import forget_variants

pytestmark = pytest.mark.integration

POLICY = agent_policy(replica_stack())
# Of the stub, which runs before any agent: tests/contract/test_permissions.py.
BEFORE_THE_AGENT = ("Bundle", "s3:GetObject")
AILING: dict[str, dict[str, Any]] = {
    "health": {
        "fall": 1,
        "restart_budget": 1,
        "restart_pause_s": 0,
        "replace_after_s": 1,
        "replace_instance": True,
    }
}


@pytest.fixture
def life(launched: Launch, depot: Depot) -> Iterator[StackLife]:
    """An instance of the stack that has not booted yet, under the whole policy."""
    instance = launched(PLAN)
    with ecr_front(depot, instance.aws.enforcement) as ecr:
        found = StackLife(instance=instance, ecr=ecr)
        found.settle()
        found.configure()
        found.allow(POLICY)
        yield found
        remove_container(instance.order.container)
    forget_variants()


@pytest.fixture
def replica(life: StackLife) -> StackLife:
    """One that has booted."""
    run = boot(life.instance)
    assert run.status == 0, run.events
    return life


def told(run: AgentRun, name: str) -> Event:
    return next(event for event in run.events if event["event"] == name)


def test_finding_01_the_stacks_first_deployment_serves_and_says_that_it_is_empty(
    life: StackLife,
) -> None:
    life.configure(data={"mode": "empty", "databases": [], "snapshot_id": ""})
    run = boot(life.instance)
    assert run.status == 0, run.events
    row = row_of(life.instance)
    assert row is not None
    assert (row["status"], row["data_state"]) == ("healthy", "empty by request")
    assert life.denied == set()


def test_finding_20_a_whole_life_needs_the_whole_policy_and_nothing_else(life: StackLife) -> None:
    """Boot, hydration, health checks, diagnosis, alerts, replacement, refresh, and drains."""
    instance = life.instance
    life.publish_image()
    assert boot(instance).status == 0
    assert hydrate(instance).status == 0
    assert checks(instance, 3).run.status == 0
    assert agent(instance, "diagnose").status == 0
    assert agent(instance, "refresh", "--force").status == 0
    life.configure(**AILING)  # and with the image that the depot always has
    checks_until(instance, "replacement_asked")
    assert instance.aws.given_up == [instance.provisioned.instance_id]
    assert boot(instance).status == 0
    with draining(instance):
        assert agent(instance, "drain", "--undo").status == 0
    assert agent(instance, "drain").status == 0
    assert life.denied == set()
    expected = set(actions_of(POLICY)) - {BEFORE_THE_AGENT}
    assert set(instance.aws.enforcement.used) == {action for _, action in expected}


@pytest.mark.parametrize(
    ("sid", "action", "code"),
    [
        ("Volume", "ec2:DescribeVolumes", "aws_access_denied"),
        ("ImageLogin", "ecr:GetAuthorizationToken", "aws_access_denied"),
        ("Image", "ecr:BatchGetImage", "image_pull_denied"),
        ("Image", "ecr:GetDownloadUrlForLayer", "image_pull_denied"),
        ("Registry", "dynamodb:PutItem", "aws_access_denied"),
        ("StackSignal", "cloudformation:SignalResource", "signal_failed"),
        ("Hooks", "autoscaling:CompleteLifecycleAction", "signal_failed"),
    ],
)
def test_a_boot_without_an_action_fails_and_names_it(
    life: StackLife, sid: str, action: str, code: str
) -> None:
    if sid == "Image":
        life.publish_image()
    life.allow(without(POLICY, sid, action))
    run = boot(life.instance)
    assert (run.status, record_of(life.instance)["code"]) == (1, code), run.events[-4:]
    assert action in str(run.events)
    assert life.denied == {action}


@pytest.mark.parametrize(
    ("sid", "action", "event", "why"),
    [
        ("Volume", "ec2:DescribeSnapshots", "snapshot_age_unknown", "aws_access_denied"),
        ("HotMaps", "s3:GetObject", "hot_map_not_used", "aws_access_denied"),
        ("HotMapsMissing", "s3:ListBucket", "hot_map_not_used", "aws_access_denied"),
    ],
)
def test_a_boot_without_an_action_says_what_it_could_not_learn(
    life: StackLife, sid: str, action: str, event: str, why: str
) -> None:
    life.allow(without(POLICY, sid, action))
    run = boot(life.instance)
    assert run.status == 0
    assert why in str(told(run, event))
    assert life.denied == {action}


def test_a_boot_again_reads_its_row(replica: StackLife) -> None:
    replica.allow(without(POLICY, "Registry", "dynamodb:GetItem"))
    run = boot(replica.instance)
    assert "dynamodb:GetItem" in str(run.events)
    assert (run.status, replica.denied) == (1, {"dynamodb:GetItem"})


def test_hydration_asks_ec2_whether_it_is_needed(replica: StackLife) -> None:
    instance = replica.instance
    whole = VolumeInitialization(status="completed", progress=100)
    instance.aws.volume_initializations[instance.provisioned.volume_id] = whole
    replica.allow(without(POLICY, "Volume", "ec2:DescribeVolumeStatus"))
    assert hydrate(instance).status == 0
    assert hydration_state(instance) == "complete"  # read for nothing
    assert replica.denied == {"ec2:DescribeVolumeStatus"}


def test_hydration_cannot_keep_what_it_recorded(replica: StackLife) -> None:
    replica.allow(without(POLICY, "HotMaps", "s3:PutObject"))
    run = hydrate(replica.instance)
    assert "s3:PutObject" in str(told(run, "hot_map_not_recorded"))
    assert replica.denied == {"s3:PutObject"}


def test_a_health_check_says_whom_it_could_not_tell(replica: StackLife) -> None:
    instance = replica.instance
    replica.allow(without(POLICY, "Registry", "dynamodb:UpdateItem"))
    found = check(instance)
    assert (found.run.status, found.told("registry_lost")[0]["code"]) == (4, "aws_access_denied")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        replica.allow(without(POLICY, "Metrics", action))
        found = [check(instance) for _ in range(3)][-1]
        assert found.run.status == 0
        assert replica.denied == {action}


@pytest.mark.parametrize(
    ("sid", "action", "event"),
    [
        ("Alerts", "sns:Publish", "alert_not_sent"),
        ("Peers", "dynamodb:Scan", "replacement_not_asked"),
        ("Replacement", "autoscaling:SetInstanceHealth", "replacement_not_asked"),
    ],
)
def test_an_ailing_replica_says_whom_it_could_not_tell(
    replica: StackLife, sid: str, action: str, event: str
) -> None:
    replica.configure(**AILING)
    replica.allow(without(POLICY, sid, action))
    found = checks_until(replica.instance, event)
    assert found.told(event)[0]["code"] == "aws_access_denied"
    assert replica.denied == {action}


@pytest.mark.parametrize("action", ["DescribeTargetHealth", "DeregisterTargets"])
def test_a_drain_cannot_wait_for_a_load_balancer_that_it_may_not_ask(
    replica: StackLife, action: str
) -> None:
    sid = "TargetState" if action == "DescribeTargetHealth" else "Target"
    replica.configure(drain={"budget_s": 45})
    replica.allow(without(POLICY, sid, f"elasticloadbalancing:{action}"))
    record = agent(replica.instance, "drain").document()
    step = step_of(record, "await_deregistered")
    assert f"elasticloadbalancing:{action}" in str(step)
    assert replica.denied == {f"elasticloadbalancing:{action}"}


def test_a_drain_that_may_not_extend_its_hook_says_so(replica: StackLife) -> None:
    action = "autoscaling:RecordLifecycleActionHeartbeat"
    replica.configure(logging={"level": "debug"})
    replica.allow(without(POLICY, "Hooks", action))
    run = agent(replica.instance, "drain")
    assert run.status == 0
    assert told(run, "hook_heartbeat")["verdict"] == "failed"
    assert replica.denied == {action}


def test_a_drain_that_is_taken_back_may_not_register_its_target(replica: StackLife) -> None:
    action = "elasticloadbalancing:RegisterTargets"
    replica.allow(without(POLICY, "Target", action))
    with draining(replica.instance):
        undone = agent(replica.instance, "drain", "--undo")
    assert action in str(undone.events) + undone.stdout
    assert replica.denied == {action}
