"""The lab's stacks and groups answer in the fields of the service models, and refuse as the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, Shape, StructureShape

from ladybug_lab.aws.server import LabAws, Service
from ladybug_lab.aws.stack_state import Step

GROUP, STACK = "replicas", "replicas"
TEMPLATE = json.dumps(
    {
        "Parameters": {"Size": {"Type": "String", "Default": "1"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
)
CHANGE_SET = {"StackName": STACK, "ChangeSetName": "first"}
ENVELOPE = {"ResponseMetadata", "RequestId"}


def names(shape: Shape | None) -> Iterator[str]:
    """Yield the names of all fields below a shape of a service model."""
    match shape:
        case StructureShape(members=members):
            for name, member in members.items():
                yield name
                yield from names(member)
        case ListShape(member=member):
            yield from ("member", *names(member))


class Listener:
    """Notes the fields of each answer that the model of its operation does not have."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.answered: set[str] = set()
        self.strange: set[str] = set()
        client.meta.events.register("before-parse", self._hear)

    def _hear(self, operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
        known = {*names(operation_model.output_shape), *ENVELOPE}
        root = ET.fromstring(response_dict["body"])  # noqa: S314 - the lab's own answer
        known |= {f"{operation_model.name}{part}" for part in ("Response", "Result")}
        self.answered.add(operation_model.name)
        self.strange |= {element.tag for element in root.iter()} - known

    def stop(self) -> None:
        self._client.meta.events.unregister("before-parse", self._hear)


def heard(aws: LabAws, service: Service) -> Listener:
    return Listener(aws.client(service))


def refusal(client: Any, method: str, **arguments: object) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_the_answers_about_stacks_have_the_fields_of_the_model(aws: LabAws) -> None:
    client, listener = aws.client("cloudformation"), heard(aws, "cloudformation")
    aws.stacks.add("other").resources["Group"] = ("AWS::AutoScaling::AutoScalingGroup", GROUP)
    client.get_template_summary(TemplateBody=TEMPLATE)
    client.create_change_set(**CHANGE_SET, ChangeSetType="CREATE", TemplateBody=TEMPLATE)
    client.list_change_sets(StackName=STACK)
    assert client.describe_change_set(**CHANGE_SET)["Status"] == "CREATE_PENDING"
    assert client.describe_change_set(**CHANGE_SET)["Status"] == "CREATE_COMPLETE"
    client.execute_change_set(**CHANGE_SET)
    client.describe_stack_events(StackName=STACK)
    client.describe_stacks(StackName=STACK)
    client.list_stack_resources(StackName="other")
    again = {**CHANGE_SET, "StackName": "third"}
    client.create_change_set(**again, ChangeSetType="CREATE", TemplateBody=TEMPLATE)
    client.delete_change_set(**again)
    client.delete_stack(StackName="third")
    listener.stop()
    assert listener.strange == set()
    assert len(listener.answered) == 10


def test_the_answers_about_groups_have_the_fields_of_the_model(aws: LabAws) -> None:
    client, listener = aws.client("autoscaling"), heard(aws, "autoscaling")
    group = aws.groups.add(GROUP, MinSize=1, MaxSize=2, DesiredCapacity=1, Instances=[])
    group.script = [{"Status": "InProgress", "PercentageComplete": 50, "InstancesToUpdate": 1}]
    one = {"AutoScalingGroupName": GROUP}
    desired = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    client.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
    client.describe_scaling_activities(**one)
    started = client.start_instance_refresh(**one, DesiredConfiguration=desired)
    client.describe_instance_refreshes(**one, InstanceRefreshIds=[started["InstanceRefreshId"]])
    client.rollback_instance_refresh(**one)
    client.cancel_instance_refresh(**one)
    listener.stop()
    assert listener.strange == set()
    assert len(listener.answered) == 6


def test_a_change_set_of_the_wrong_kind_is_refused(aws: LabAws) -> None:
    client = aws.client("cloudformation")
    aws.stacks.add(STACK)
    made = {**CHANGE_SET, "TemplateBody": TEMPLATE}
    refused = refusal(client, "create_change_set", **made, ChangeSetType="CREATE")
    assert refused == "AlreadyExistsException"
    absent = {**made, "StackName": "absent"}
    assert refusal(client, "create_change_set", **absent, ChangeSetType="UPDATE") == (
        "ValidationError"
    )


@pytest.mark.parametrize("status", ["ROLLBACK_FAILED", "UPDATE_IN_PROGRESS"])
def test_a_stack_that_cannot_be_updated_takes_no_change_set(aws: LabAws, status: str) -> None:
    aws.stacks.add(STACK, status)
    arguments = {**CHANGE_SET, "TemplateBody": TEMPLATE, "ChangeSetType": "UPDATE"}
    assert refusal(aws.client("cloudformation"), "create_change_set", **arguments) == (
        "ValidationError"
    )


def test_a_change_set_that_is_not_ready_cannot_be_executed(aws: LabAws) -> None:
    client = aws.client("cloudformation")
    aws.stacks.switched_on = True
    client.create_change_set(**CHANGE_SET, ChangeSetType="CREATE", TemplateBody=TEMPLATE)
    assert refusal(client, "execute_change_set", **CHANGE_SET) == "InvalidChangeSetStatus"


def test_a_deleted_stack_is_known_by_its_id_only(aws: LabAws) -> None:
    client = aws.client("cloudformation")
    stack = aws.stacks.add(STACK)
    stack.happen(Step("DELETE_COMPLETE"))
    assert refusal(client, "describe_stacks", StackName=STACK) == "ValidationError"
    assert client.describe_stacks(StackName=stack.stack_id)["Stacks"][0]["StackStatus"] == (
        "DELETE_COMPLETE"
    )


def test_a_refresh_without_a_goal_cannot_be_rolled_back(aws: LabAws) -> None:
    client = aws.client("autoscaling")
    aws.groups.add(GROUP, MinSize=1, MaxSize=2, DesiredCapacity=1)
    one = {"AutoScalingGroupName": GROUP}
    assert refusal(client, "cancel_instance_refresh", **one) == "ActiveInstanceRefreshNotFound"
    refused = refusal(client, "start_instance_refresh", **one, Preferences={"AutoRollback": True})
    assert refused == "ValidationError"
    client.start_instance_refresh(**one)
    assert refusal(client, "start_instance_refresh", **one) == "InstanceRefreshInProgress"
    assert refusal(client, "rollback_instance_refresh", **one) == "IrreversibleInstanceRefresh"
