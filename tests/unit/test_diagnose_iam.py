"""The checks of credentials, identity and permissions; the one list of actions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ladybug_agent
from fakes.diagnosis import Patient
from ladybug_agent.diagnose.actions import ACTIONS, actions_for
from ladybug_agent.errors import ExternalFailure

ADAPTERS = Path(ladybug_agent.__file__).parent / "adapters"
ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/replicas/0123456789abcdef"
PULL = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
LISTING = {"s3:ListBucket"}
"""Of which no call has the name: the engine pulls, and S3 asks for the other."""


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def calls_of_the_adapters() -> set[str]:
    """Return every action that an adapter names, or makes by an operation of its own."""
    found: set[str] = set()
    for path in ADAPTERS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'"([a-z0-9]+:[A-Z][A-Za-z]+)"', text))
        found |= {f"logs:{name}" for name in re.findall(r'_logs\("(\w+)"', text)}
        found |= {f"dynamodb:{n}" for n in re.findall(r'call\("(\w+Item|Scan)"', text)}
        query = re.findall(r'_query\("(\w+)", "(\w+)"', text)
        found |= {f"{service}:{operation}" for service, operation in query}
        found |= {
            f"elasticloadbalancing:{name}"
            for name in re.findall(r'self\._call\("(\w+Targets)"', text)
        }
    return found


def test_the_list_of_actions_is_what_the_adapters_call() -> None:
    listed = {action.name for action in ACTIONS}
    assert listed == calls_of_the_adapters() | PULL | LISTING


def test_no_action_is_listed_twice() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_a_plain_replica_needs_few_actions(patient: Patient) -> None:
    names = {action.name for action in actions_for(patient.config)}
    assert "dynamodb:UpdateItem" in names
    assert not any(name.startswith(("s3:", "sns:", "logs:", "elastic")) for name in names)


def test_credentials_that_are_good_say_for_how_long(patient: Patient) -> None:
    found = patient.result("iam.credentials")
    assert (found.status, found.message) == ("pass", "good for 6.0 h")


def test_credentials_never_come_into_the_evidence(patient: Patient) -> None:
    assert set(patient.result("iam.credentials").evidence) == {"expires_at", "left_s"}


def test_credentials_whose_time_is_over_fail(patient: Patient) -> None:
    patient.clock.advance(6 * 3600 + 60)
    found = patient.result("iam.credentials")
    assert (found.status, found.code) == ("fail", "credentials_expired")
    assert "60 s ago" in found.message


def test_no_role_fails_and_blocks_what_asks_aws(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    patient.surroundings.metadata._credentials_missing_for = 99
    found = {result.id: result for result in patient.diagnose().results}
    assert found["iam.credentials"].code == "credentials_missing"
    blocked = {one.id for one in found.values() if one.blocked_by == "iam.credentials"}
    assert {"iam.permissions", "registry.row", "registry.lease", "autoscaling.instance"} <= blocked


def test_the_identity_is_told(patient: Patient) -> None:
    found = patient.result("iam.identity")
    assert found.status == "pass"
    assert "assumed-role/replica/i-0123456789abcdef0" in found.message


def test_an_sts_out_of_reach_is_a_warning_because_nothing_needs_it(patient: Patient) -> None:
    patient.aws.lose("sts:GetCallerIdentity")
    assert patient.result("iam.identity").status == "warn"


def test_rejected_credentials_are_the_cause_of_what_follows(patient: Patient) -> None:
    rejected = ExternalFailure("aws_credentials_rejected", "AWS rejected the credentials")
    for action in ("sts:GetCallerIdentity", "dynamodb:GetItem", "ec2:DescribeVolumes"):
        patient.aws.fail(action, rejected)
    assert [root.id for root in patient.diagnose().root_causes] == ["iam.identity"]


def test_a_vital_action_that_is_denied_fails_and_is_named(patient: Patient) -> None:
    patient.aws.deny("dynamodb:GetItem", "ec2:DescribeSnapshots")
    found = patient.diagnose()
    (root,) = found.root_causes
    assert (root.id, root.code) == ("iam.permissions", "aws_access_denied")
    assert "dynamodb:GetItem (the instance registry)" in root.message
    assert "ec2:DescribeSnapshots" in root.message
    assert root.evidence["iam_action"] == "dynamodb:GetItem, ec2:DescribeSnapshots"


@pytest.mark.parametrize(
    "action", ["ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeVolumeStatus"]
)
def test_what_the_replica_can_do_without_is_a_warning(patient: Patient, action: str) -> None:
    patient.aws.deny(action)
    found = patient.diagnose()
    permissions = next(one for one in found.results if one.id == "iam.permissions")
    assert (found.is_good, permissions.status) == (True, "warn")
    assert permissions.remedy is not None
    assert permissions.remedy.iam == (action,)


def test_what_cannot_be_asked_without_acting_is_said_not_to_be(patient: Patient) -> None:
    evidence = patient.result("iam.permissions").evidence
    assert evidence["not_asked"] == [
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "ecr:GetDownloadUrlForLayer",
    ]


def test_what_did_not_answer_is_no_denial(patient: Patient) -> None:
    patient.aws.lose("dynamodb:GetItem")
    found = patient.result("iam.permissions")
    assert (found.status, found.evidence["unanswered"]) == ("pass", ["dynamodb:GetItem"])
    assert "denied" not in found.evidence


def test_the_load_balancer_is_asked_where_one_is_configured(tmp_path: Path) -> None:
    options: dict[str, Any] = {"drain.target_group_arn": ARN}
    patient = Patient(tmp_path, options)
    patient.aws.deny("elasticloadbalancing:DescribeTargetHealth")
    found = patient.diagnose("iam", "loadbalancer")
    assert [root.id for root in found.root_causes] == ["iam.permissions"]


def test_an_image_that_cannot_be_read_is_no_matter_of_permissions(patient: Patient) -> None:
    container = replace(patient.config.container, image="not an image")
    patient.config = replace(patient.config, container=container)
    found = {one.id: one.code for one in patient.diagnose("iam", "image").results if one.is_bad}
    assert "iam.permissions" not in found
