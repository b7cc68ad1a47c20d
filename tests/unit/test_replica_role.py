"""What the role of a replica may do, as it is written; that it is enough, and no more than enough,
is shown by running under it (tests/integration/test_least_privilege.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from ladybug_agent.diagnose.actions import ACTIONS
from ladybug_lab.aws.policy import actions_of
from support.replica_stack import agent_policy, policies, replica_stack

MOST_CHARACTERS = 10_240
"""Of all inline policies of a role."""
ON_EVERYTHING = {
    # IAM knows no resource for these.
    "ec2:DescribeVolumes",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumeStatus",
    "ecr:GetAuthorizationToken",
    "autoscaling:DescribeAutoScalingInstances",
    "elasticloadbalancing:DescribeTargetHealth",
}


def statements(document: dict[str, Any]) -> Iterator[tuple[str, list[str], str, dict[str, Any]]]:
    for one in document["Statement"]:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        yield one["Sid"], actions, one["Resource"], one.get("Condition", {})


def resource_of(action: str) -> list[str]:
    return [
        resource
        for _, actions, resource, _ in statements(agent_policy(replica_stack()))
        if action in actions
    ]


@cache
def authorization_data() -> dict[str, Any]:
    """Return AWS's service authorization reference, as cfn-lint brings it."""
    data = files("cfnlint.data.AdditionalSpecs") / "Policies.json"
    found: dict[str, Any] = json.loads(data.read_text(encoding="utf-8"))
    return found


def known_resources(action: str) -> list[str]:
    """Return the kinds of resources that IAM has for the action."""
    service, _, name = action.partition(":")
    found: list[str] = authorization_data()[service]["Actions"][name.lower()].get("Resources", [])
    return found


def test_finding_20_images_come_from_one_repository_and_the_login_from_where_it_must() -> None:
    assert resource_of("ecr:BatchGetImage") == [
        "arn:aws:ecr:us-east-1:123456789012:repository/graph-api"
    ]
    assert resource_of("ecr:GetAuthorizationToken") == ["*"]


def test_finding_20_no_action_has_a_wildcard() -> None:
    for document in policies(replica_stack()).values():
        assert [action for _, action in actions_of(document) if "*" in action] == []


def test_finding_20_only_what_has_no_resource_is_allowed_on_everything() -> None:
    found = {
        action
        for _, actions, resource, _ in statements(agent_policy(replica_stack()))
        for action in actions
        if resource == "*"
    }
    assert found == ON_EVERYTHING


@pytest.mark.parametrize("action", sorted(ON_EVERYTHING))
def test_iam_has_no_resource_for_what_is_allowed_on_everything(action: str) -> None:
    assert known_resources(action) == []


def test_iam_has_a_resource_for_everything_else() -> None:
    for _, action in actions_of(agent_policy(replica_stack())):
        assert (known_resources(action) == []) is (action in ON_EVERYTHING), action


def test_rows_of_one_table_are_written_and_never_deleted() -> None:
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/graph-lab-instance-registry"
    found = {
        action: resource
        for _, actions, resource, _ in statements(agent_policy(replica_stack()))
        for action in actions
        if action.startswith("dynamodb:")
    }
    assert set(found.values()) == {table}
    assert "dynamodb:DeleteItem" not in found


def test_looking_at_all_rows_and_asking_for_a_replacement_go_together() -> None:
    without = agent_policy(replica_stack(ReplaceInstance="false"))
    lost = set(actions_of(agent_policy(replica_stack()))) - set(actions_of(without))
    assert {action for _, action in lost} == {"autoscaling:SetInstanceHealth", "dynamodb:Scan"}


def test_hooks_and_health_are_those_of_one_group() -> None:
    group = (
        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:"
        "autoScalingGroupName/shared-replicas-lab-replicas"
    )
    for action in (
        "CompleteLifecycleAction",
        "RecordLifecycleActionHeartbeat",
        "SetInstanceHealth",
    ):
        assert resource_of(f"autoscaling:{action}") == [group]


def test_a_log_stream_is_that_of_an_instance_in_the_stacks_group() -> None:
    (stream,) = resource_of("logs:PutLogEvents")
    assert stream.endswith(":log-group:/ladybug/shared-replicas-lab:log-stream:i-*")


def test_without_maps_nothing_in_s3_can_be_written_or_listed() -> None:
    document = agent_policy(replica_stack(MapsBucket=""))
    found = [
        (action, resource)
        for _, actions, resource, _ in statements(document)
        for action in actions
        if action.startswith("s3:")
    ]
    assert found == [("s3:GetObject", "arn:aws:s3:::ladybug-lab-deployment/ladybug-agent/*")]


def test_run_command_needs_no_parameter_of_anybody() -> None:
    """AWS's own AmazonSSMManagedInstanceCore allows ssm:GetParameter on all of them."""
    actions = {action for _, action in actions_of(policies(replica_stack())["systems-manager"])}
    assert not {action for action in actions if "Parameter" in action}
    assert "ssm:UpdateInstanceInformation" in actions


def test_the_role_takes_no_policy_that_others_may_change() -> None:
    assert "ManagedPolicyArns" not in replica_stack().properties("Role")


def test_the_policies_fit_into_a_role() -> None:
    text = "".join(
        json.dumps(one, separators=(",", ":")) for one in policies(replica_stack()).values()
    )
    assert len(text) <= MOST_CHARACTERS


def test_a_statement_is_named_once() -> None:
    sids = [sid for sid, *_ in statements(agent_policy(replica_stack()))]
    assert len(set(sids)) == len(sids)


def test_the_policy_has_the_actions_that_the_agent_lists_as_its_own() -> None:
    listed = {action.name for action in ACTIONS} - {"sts:GetCallerIdentity"}  # needs no permission
    assert {action for _, action in actions_of(agent_policy(replica_stack()))} == listed
