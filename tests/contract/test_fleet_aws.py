"""The operator tools against the emulated AWS, from the command line to the last call.

Each verb makes its clients anew, as the process of an operator does, which takes seconds in sum.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.ec2.models import ec2_backends

from contract.support.operator_session import (
    ARN,
    GROUP,
    STACK,
    TAGS,
    Operator,
    make_fleet,
    sign_in,
    take_snapshot,
)
from ladybug_lab.aws.server import LabAws
from ladybug_lab.aws.stack_state import Step

pytestmark = pytest.mark.thorough
TAGGED = [part for name, value in TAGS.items() for part in ("--tag", f"{name}={value}")]
ON_STACK = ("--stack", STACK)


@pytest.fixture
def operator(
    aws: LabAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Operator:
    sign_in(aws.url, monkeypatch)
    outputs = tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    return Operator(capsys, outputs)


def row(instance_id: str) -> dict[str, Any]:
    return {
        "instance_id": {"S": instance_id},
        "node_type": {"S": "shared_replica"},
        "status": {"S": "healthy"},
        "lease_expires_at": {"N": str(int(time.time()) + 600)},
        "degraded": {"BOOL": False},
        "agent_version": {"S": "0.1.0"},
    }


def stored(aws: LabAws, snapshot_id: str) -> Any:
    """Moto's own object: no API makes an old or a foreign snapshot."""
    return ec2_backends[aws.account_id][aws.region].snapshots[snapshot_id]


def test_the_newest_snapshot_is_chosen_and_given_to_the_workflow(
    aws: LabAws, operator: Operator
) -> None:
    older = take_snapshot(aws)
    stored(aws, older).start_time -= timedelta(days=2)
    newest = take_snapshot(aws, {"aws_dlm": "x"})
    take_snapshot(aws, {"Repository": "other"})
    document = operator.document("snapshot", *TAGGED)
    assert document["snapshot_id"] == newest
    assert operator.outputs()["snapshot_id"] == newest
    assert operator.outputs()["source"] == "by_hand"


def test_a_snapshot_that_is_not_there_is_exit_status_1(aws: LabAws, operator: Operator) -> None:
    take_snapshot(aws, {"Environment": "test"})
    assert operator.run("snapshot", *TAGGED) == 1
    assert operator.said.startswith("ladybug-fleet: snapshot_none: ")


def test_an_id_that_ec2_does_not_know_is_no_failure_of_aws(aws: LabAws, operator: Operator) -> None:
    assert operator.run("snapshot", "--id", "snap-0123456789abcdef0") == 1
    assert "snapshot_none" in operator.said
    assert [error.operation for error in aws.errors] == ["DescribeSnapshots"]


def test_a_snapshot_that_another_account_shares_is_refused(aws: LabAws, operator: Operator) -> None:
    snapshot_id = take_snapshot(aws)
    stored(aws, snapshot_id).owner_id = "999999999999"
    assert operator.run("snapshot", "--id", snapshot_id) == 1
    assert "snapshot_in_other_account" in operator.said


def test_a_first_deployment_gets_its_outputs_as_well(operator: Operator) -> None:
    assert operator.document("snapshot", *TAGGED, "--allow-empty")["data_mode"] == "empty"
    assert operator.outputs()["data_mode"] == "empty"


def test_without_tags_nothing_is_chosen(operator: Operator) -> None:
    assert operator.run("snapshot") == 2
    assert "fleet_usage" in operator.said


def template(tmp_path: Path, *resources: str, **parameters: str) -> Path:
    """Write a template with these SNS topics; each parameter has its value for a default."""
    path = tmp_path / "template.json"
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {
            name: {"Type": "String", **({"Default": value} if value else {})}
            for name, value in parameters.items()
        },
        "Resources": {name: {"Type": "AWS::SNS::Topic"} for name in resources},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_stack_is_created_then_unchanged_then_shown(
    aws: LabAws, operator: Operator, tmp_path: Path
) -> None:
    aws.stacks.switched_on = True
    argv = ("deploy", *ON_STACK, "--template", str(template(tmp_path, "Topic", Size="", Kind="x")))
    document = operator.document(*argv, "--parameter", "Size=1", "--parameter", "Kind=y")
    assert (document["outcome"], document["status"]) == ("created", "CREATE_COMPLETE")
    assert operator.outputs()["changed"] == "true"
    assert "  + Topic  AWS::SNS::Topic" in operator.said
    # What is not given keeps its value: CloudFormation itself would reset it to the default.
    assert operator.document(*argv)["outcome"] == "unchanged"
    assert aws.stacks.stacks[STACK].parameters == {"Size": "1", "Kind": "y"}
    shown = operator.document(*argv, "--parameter", "Size=2", "--dry-run")
    assert (shown["outcome"], len(shown["changes"])) == ("dry_run", 1)
    assert aws.stacks.stacks[STACK].change_sets == {}


def test_finding_09_a_rollback_is_exit_status_1_and_names_what_failed_first(
    aws: LabAws, operator: Operator, tmp_path: Path
) -> None:
    aws.stacks.scripts[STACK] = (
        Step("CREATE_IN_PROGRESS"),
        Step("CREATE_FAILED", "Group", reason="Received 1 FAILURE signal(s) out of 1"),
        Step("ROLLBACK_IN_PROGRESS"),
        Step("ROLLBACK_COMPLETE"),
    )
    aws.stacks.switched_on = True
    argv = ("deploy", *ON_STACK, "--template", str(template(tmp_path, "Topic")))
    assert operator.run(*argv) == 1
    assert "stack_rolled_back" in operator.said
    assert "first failed: Group (AWS::Lab::Resource) CREATE_FAILED: Received 1" in operator.said
    assert operator.run(*argv) == 1
    assert "stack_must_be_deleted" in operator.said


def test_a_template_that_is_none_is_refused_before_anything_is_made(
    aws: LabAws, operator: Operator, tmp_path: Path
) -> None:
    aws.stacks.switched_on = True
    path = tmp_path / "template"
    path.write_text("Resources", encoding="utf-8")
    assert operator.run("deploy", *ON_STACK, "--template", str(path)) == 2
    assert "template_invalid: wanted a template, found what CloudFormation" in operator.said
    assert "Template format error" in operator.said
    assert aws.stacks.stacks == {}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing", None, "template_unreadable"),
        ("large", "x" * 51201, "template_too_large"),
    ],
)
def test_a_template_that_cannot_be_sent_is_exit_status_2(
    operator: Operator, tmp_path: Path, name: str, content: str | None, code: str
) -> None:
    path = tmp_path / name
    if content:
        path.write_text(content, encoding="utf-8")
    assert operator.run("deploy", *ON_STACK, "--template", str(path)) == 2
    assert code in operator.said


@pytest.mark.parametrize(
    ("content", "size"),
    [('{"Size": 3}', "3"), ('[{"ParameterKey": "Size", "ParameterValue": "3"}]', "3")],
)
def test_parameters_come_from_a_file_too(
    aws: LabAws, operator: Operator, tmp_path: Path, content: str, size: str
) -> None:
    aws.stacks.add(STACK).parameters["Size"] = "3"
    kept = tmp_path / "parameters.json"
    kept.write_text(content, encoding="utf-8")
    argv = ("deploy", *ON_STACK, "--template", str(template(tmp_path, Size="")))
    assert operator.document(*argv, "--parameters", str(kept))["outcome"] == "unchanged"
    assert aws.stacks.stacks[STACK].parameters["Size"] == size


def test_parameters_that_are_no_json_are_exit_status_2(operator: Operator, tmp_path: Path) -> None:
    kept = tmp_path / "parameters.json"
    kept.write_text("Size: 3", encoding="utf-8")
    argv = ("deploy", *ON_STACK, "--template", str(template(tmp_path, Size="")))
    assert operator.run(*argv, "--parameters", str(kept)) == 2
    assert "template_parameters_unreadable" in operator.said


def test_a_fleet_that_is_ready_is_waited_for_no_longer(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a", "i-0000000000000000b")
    document = operator.document("wait", *ON_STACK, "--agent-version", "0.1.0")
    assert (document["ready"], document["wanted"], document["group"]) == (2, 2, GROUP)
    assert operator.outputs()["ready"] == "2"
    assert "2 of 2 ready" in operator.said


def test_a_wait_for_more_than_the_group_wants_ends_at_once(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    assert operator.run("wait", *ON_STACK, "--replicas", "3") == 1
    assert "fleet_desired_too_small" in operator.said


def test_a_snapshot_that_is_gone_ends_a_wait_at_once(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    aws.groups.groups[GROUP].described["DesiredCapacity"] = 2
    ec2 = aws.client("ec2")
    (snapshot,) = ec2.describe_snapshots()["Snapshots"]
    ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    assert operator.run("wait", *ON_STACK) == 1
    assert "fleet_snapshot_gone: wanted to launch from" in operator.said
    assert snapshot["SnapshotId"] in operator.said


def test_abandoned_hooks_end_a_wait_at_once(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    group = aws.groups.groups[GROUP]
    group.described["DesiredCapacity"] = 2
    soon = datetime.now(UTC) + timedelta(minutes=1)
    group.activities = [
        {
            "ActivityId": str(number),
            "AutoScalingGroupName": GROUP,
            "Description": "Launching a new EC2 instance: i-0000000000000000c",
            "Cause": "a difference between desired and actual capacity",
            "StartTime": soon,
            "EndTime": soon,
            "StatusCode": "Cancelled",
            "StatusMessage": "Lifecycle Action with token 0f1e was abandoned",
        }
        for number in range(3)
    ]
    assert operator.run("wait", *ON_STACK) == 1
    assert "fleet_hooks_abandoned" in operator.said


def test_status_says_who_disagrees_and_writes_the_page(
    aws: LabAws, operator: Operator, tmp_path: Path
) -> None:
    make_fleet(aws, row, "i-0000000000000000a", "i-0000000000000000b")
    aws.target_groups.register(ARN, "i-0000000000000000b", state="unhealthy")
    page = tmp_path / "fleet.html"
    assert operator.run("status", *ON_STACK, "--html", str(page), "--format", "json") == 1
    document = json.loads(operator.result)
    assert [bool(one["disagreement"]) for one in document["replicas"]] == [False, True]
    assert "(Target.FailedHealthChecks)" in document["replicas"][1]["disagreement"]
    assert operator.outputs()["disagreements"] == "1"
    assert "i-0000000000000000b" in page.read_text(encoding="utf-8")


def test_a_fleet_in_which_all_agree_is_exit_status_0(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    assert operator.run("status", *ON_STACK) == 0
    assert operator.result.startswith(f"good: {GROUP} at ")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--stack", "elsewhere"), "stack_missing"),
        (("--group", "none", "--table", "none"), "fleet_group_missing"),
        (("--group", GROUP, "--table", "none"), "registry_table_missing"),
        ((), "fleet_usage"),
    ],
)
def test_a_fleet_that_is_not_there_is_exit_status_2(
    aws: LabAws, operator: Operator, argv: tuple[str, ...], code: str
) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    assert operator.run("status", *argv) == 2
    assert code in operator.said


def test_a_target_group_that_is_gone_is_named(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    aws.groups.groups[GROUP].described["TargetGroupARNs"] = [f"{ARN}0"]
    assert operator.run("status", *ON_STACK) == 2
    assert "target_group_missing" in operator.said


def test_a_roll_to_another_snapshot_makes_a_version_and_starts_a_refresh(
    aws: LabAws, operator: Operator
) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    group = aws.groups.groups[GROUP]
    group.script = [{"Status": "Successful", "PercentageComplete": 100}]
    newest = take_snapshot(aws)
    document = operator.document("roll", *ON_STACK, "--snapshot-id", newest, "--rollback")
    assert (document["status"], document["template_version"]) == ("Successful", "2")
    (refresh,) = group.refreshes
    assert (refresh.version, refresh.preferences["AutoRollback"]) == ("2", "true")
    assert f"the stack does not know of {newest}" in operator.said


def test_a_refresh_of_others_is_exit_status_75_and_can_be_followed(
    aws: LabAws, operator: Operator
) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    group = aws.groups.groups[GROUP]
    aws.client("autoscaling").start_instance_refresh(AutoScalingGroupName=GROUP)
    assert operator.run("roll", *ON_STACK) == 75
    assert "refresh_under_way" in operator.said
    group.refreshes[0].to_come.append({"Status": "Successful", "PercentageComplete": 100})
    assert operator.document("roll", *ON_STACK, "--follow")["followed"] is True


def test_a_roll_to_an_unencrypted_snapshot_begins_nothing(aws: LabAws, operator: Operator) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    bad = take_snapshot(aws, Encrypted=False)
    assert operator.run("roll", *ON_STACK, "--snapshot-id", bad) == 1
    assert "snapshot_unencrypted_only" in operator.said
    assert aws.groups.groups[GROUP].refreshes == []


def test_user_data_of_the_new_version_expects_the_new_snapshot(
    aws: LabAws, operator: Operator
) -> None:
    make_fleet(aws, row, "i-0000000000000000a")
    ec2 = aws.client("ec2")
    group = aws.groups.groups[GROUP]
    used: Any = group.described["LaunchTemplate"]
    old, new = take_snapshot(aws), take_snapshot(aws)
    told = base64.b64encode(f'snapshot_id = "{old}"'.encode()).decode()
    ec2.create_launch_template_version(
        LaunchTemplateId=used["LaunchTemplateId"],
        LaunchTemplateData={
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": old}}],
            "UserData": told,
        },
    )
    used["Version"] = "2"
    group.script = [{"Status": "Successful"}]
    assert operator.document("roll", *ON_STACK, "--snapshot-id", new)["template_version"] == "3"
    (made,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=used["LaunchTemplateId"], Versions=["3"]
    )["LaunchTemplateVersions"]
    user_data = base64.b64decode(made["LaunchTemplateData"]["UserData"]).decode()
    assert user_data == f'snapshot_id = "{new}"'


def test_an_interrupted_deployment_leaves_the_stack_alone_and_is_followed_by_the_next(
    aws: LabAws, operator: Operator, tmp_path: Path
) -> None:
    aws.stacks.scripts[STACK] = (Step("CREATE_IN_PROGRESS"),)
    aws.stacks.switched_on = True
    argv = ("deploy", *ON_STACK, "--template", str(template(tmp_path, "Topic")))
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("ladybug-fleet")), *argv],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    begun = any("CREATE_IN_PROGRESS" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert (begun, process.returncode) == (True, 130)
    assert "what was begun in AWS goes on. Run the same command again to follow it." in said
    assert "Traceback" not in said
    stack = aws.stacks.stacks[STACK]
    assert stack.status == "CREATE_IN_PROGRESS"
    stack.to_come.append(Step("CREATE_COMPLETE"))
    stack.template = (tmp_path / "template.json").read_text()
    assert operator.document(*argv)["outcome"] == "unchanged"
    assert f"{STACK} is in CREATE_IN_PROGRESS; waiting for that to end first" in operator.said
