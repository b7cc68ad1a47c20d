"""What the load balancer and Auto Scaling think of the instance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.aws_looks import GROUP
from fakes.boot import KEY
from fakes.diagnosis import Patient, unbooted
from ladybug_agent.model.standing import GroupMember, TargetHealth

ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/replicas/0123456789abcdef"
OPTIONS: dict[str, Any] = {
    "drain.target_group_arn": ARN,
    "signals.auto_scaling_group": GROUP,
    "signals.launch_hook": "ready",
}


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    made = Patient(tmp_path, OPTIONS)
    made.aws.standing.targets[KEY] = TargetHealth(state="healthy")
    return made


def member(state: str, health: str = "HEALTHY", group: str = GROUP) -> GroupMember:
    return GroupMember(group=group, lifecycle_state=state, health_status=health)


def test_a_healthy_target_is_good(patient: Patient) -> None:
    found = patient.result("loadbalancer.target")
    assert (found.status, found.evidence["state"]) == ("pass", "healthy")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (TargetHealth(state="unhealthy", reason="Target.Timeout"), "target_unhealthy"),
        (TargetHealth(state="draining", reason="Target.X"), "target_draining"),
        (TargetHealth(state="unused", reason="Target.NotInUse"), "target_unused"),
    ],
)
def test_a_target_that_gets_no_requests_fails_with_its_reason(
    patient: Patient, target: TargetHealth, code: str
) -> None:
    patient.aws.standing.targets[KEY] = target
    found = patient.result("loadbalancer.target")
    assert (found.status, found.code, found.evidence["state"]) == ("fail", code, target.state)
    assert target.reason in found.message


@pytest.mark.parametrize("state", ["initial", "unavailable"])
def test_a_target_that_is_not_ready_is_a_warning(patient: Patient, state: str) -> None:
    patient.aws.standing.targets[KEY] = TargetHealth(state=state)
    assert patient.result("loadbalancer.target").code == "target_not_ready"


def test_a_target_that_auto_scaling_keeps_out_is_not_the_load_balancer_s_fault(
    patient: Patient,
) -> None:
    patient.aws.standing.targets.clear()
    patient.aws.standing.member = member("Pending:Wait")
    found = patient.diagnose()
    assert [(root.id, root.code) for root in found.root_causes] == [
        ("autoscaling.instance", "launch_hook_pending")
    ]


def test_a_service_that_is_down_is_the_cause_of_an_unhealthy_target(patient: Patient) -> None:
    patient.replica.change_container(status="exited", exit_code=1)
    patient.aws.standing.targets[KEY] = TargetHealth(state="unhealthy")
    patient.aws.standing.member = member("InService", "UNHEALTHY")
    roots = [root.id for root in patient.diagnose().root_causes]
    assert roots == ["container.running"]


def test_the_load_balancer_alone_may_be_wrong(patient: Patient) -> None:
    patient.aws.standing.targets[KEY] = TargetHealth(state="unhealthy")
    found = patient.diagnose()
    assert [root.id for root in found.root_causes] == ["loadbalancer.target"]
    assert found.dissent.startswith("load balancer says unhealthy")


@pytest.mark.parametrize(
    ("found_member", "code"),
    [
        (None, "instance_not_in_group"),
        (member("InService", group="others"), "instance_not_in_group"),
        (member("InService", "UNHEALTHY"), "instance_marked_unhealthy"),
        (member("Standby"), "instance_standby"),
        (member("Detaching"), "instance_standby"),
        (member("Terminating:Wait"), "instance_terminating"),
        (member("Pending:Wait"), "launch_hook_pending"),
    ],
)
def test_an_instance_that_auto_scaling_does_not_count_on_fails(
    patient: Patient, found_member: GroupMember | None, code: str
) -> None:
    patient.aws.standing.member = found_member
    found = patient.result("autoscaling.instance")
    assert (found.status, found.code) == ("fail", code)


def test_an_instance_that_boots_waits_for_its_hook(tmp_path: Path) -> None:
    patient = unbooted(tmp_path, OPTIONS)
    patient.aws.standing.member = member("Pending:Wait")
    assert patient.result("autoscaling.instance").status == "pass"


def test_an_instance_outside_of_any_group_is_not_asked_about(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    patient.aws.standing.member = None
    found = patient.diagnose("loadbalancer", "autoscaling").results
    assert {one.status for one in found} == {"skip"}


def test_a_role_that_may_not_ask_auto_scaling_is_a_warning(patient: Patient) -> None:
    patient.aws.deny("autoscaling:DescribeAutoScalingInstances")
    found = patient.result("autoscaling.instance")
    assert found.status == "warn"
    assert found.remedy is not None
    assert found.remedy.iam == ("autoscaling:DescribeAutoScalingInstances",)
