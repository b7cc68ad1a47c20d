"""The checks of time, names and endpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.diagnosis import Patient, unbooted
from ladybug_agent.diagnose.endpoints import needed_services
from ladybug_agent.errors import NotYet


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def test_a_clock_that_agrees_is_good(patient: Patient) -> None:
    found = patient.result("time.skew")
    assert (found.status, found.evidence["aws_ahead_s"]) == ("pass", 0.4)


@pytest.mark.parametrize(
    ("ahead_s", "direction"), [(412.0, "412 s behind AWS's"), (-900.0, "900 s ahead of AWS's")]
)
def test_a_clock_that_signatures_are_refused_for_fails(
    patient: Patient, ahead_s: float, direction: str
) -> None:
    patient.reach.ahead_s = ahead_s
    found = patient.result("time.skew")
    assert (found.status, found.code) == ("fail", "clock_skewed")
    assert direction in found.message
    assert found.remedy is not None
    assert "chrony" in found.remedy.text


def test_a_clock_that_drifts_beyond_what_readers_allow_is_a_warning(patient: Patient) -> None:
    patient.reach.ahead_s = 25.0
    found = patient.result("time.skew")
    assert (found.status, found.code) == ("warn", "clock_drifts")
    assert "25 s behind" in found.message


def test_a_clock_that_follows_nobody_is_a_warning(patient: Patient) -> None:
    patient.reach.synchronized = False
    assert patient.result("time.skew").code == "clock_not_synchronized"


def test_a_clock_so_wrong_that_no_certificate_is_valid_is_the_cause(patient: Patient) -> None:
    patient.reach.untimely = True
    found = patient.diagnose("time", "network")
    assert [root.id for root in found.root_causes] == ["time.skew"]


def test_where_nobody_answers_nobody_tells_the_time(patient: Patient) -> None:
    patient.reach.silent = {"dynamodb", "ec2", "api", "ecr", "123456789012"}
    assert patient.result("time.skew").status == "skip"


def test_names_that_do_not_resolve_are_listed(patient: Patient) -> None:
    patient.reach.nameless = {"dynamodb"}
    found = patient.result("network.resolve")
    assert (found.status, found.code) == ("fail", "name_not_resolved")
    assert "dynamodb.eu-central-1.amazonaws.com" in found.message


def test_endpoints_that_do_not_answer_are_named_with_their_service(patient: Patient) -> None:
    patient.reach.silent = {"dynamodb"}
    found = patient.result("network.endpoints")
    assert (found.status, found.code) == ("fail", "aws_unreachable")
    assert found.message.startswith("1 of 4 endpoints do not answer: dynamodb: ")


def test_what_has_no_address_is_not_asked(patient: Patient) -> None:
    patient.reach.nameless = {"dynamodb", "ec2"}
    resolve, endpoints = patient.diagnose("network").results
    assert (resolve.status, endpoints.status, endpoints.blocked_by) == (
        "fail",
        "skip",
        "network.resolve",
    )


def test_without_a_region_there_are_no_names(tmp_path: Path) -> None:
    patient = unbooted(tmp_path)
    patient.session.raises = NotYet("imds_unreachable", "instance metadata does not answer")
    patient.surroundings.metadata._raises = patient.session.raises
    found = patient.diagnose("metadata", "network")
    assert [root.id for root in found.root_causes] == ["metadata.token"]


def test_a_configured_region_needs_no_metadata(tmp_path: Path) -> None:
    options: dict[str, Any] = {"aws.region": "eu-west-1"}
    patient = unbooted(tmp_path, options)
    patient.surroundings.metadata._raises = NotYet("imds_unreachable", "no answer")
    found = patient.result("network.endpoints")
    assert "https://dynamodb.eu-west-1.amazonaws.com" in str(found.evidence)


@pytest.mark.parametrize(
    ("key", "value", "service"),
    [
        ("drain.target_group_arn", "arn:aws:x", "elasticloadbalancing"),
        ("signals.auto_scaling_group", "replicas", "autoscaling"),
        ("signals.logical_resource_id", "Replicas", "cloudformation"),
        ("metrics.destination", "logs", "logs"),
        ("alerts.sns_topic", "arn:aws:sns:x:1:t", "sns"),
        ("hydration.maps", "s3://bucket/maps", "s3"),
    ],
)
def test_what_is_configured_needs_its_endpoint(
    tmp_path: Path, key: str, value: str, service: str
) -> None:
    patient = Patient(tmp_path / "without")
    assert service not in needed_services(patient.config)
    options: dict[str, Any] = {key: value}
    assert service in needed_services(Patient(tmp_path / "with", options).config)


def test_without_a_region_nothing_is_said_of_the_clock(tmp_path: Path) -> None:
    patient = unbooted(tmp_path)
    patient.session.raises = NotYet("imds_unreachable", "instance metadata does not answer")
    patient.surroundings.metadata._raises = patient.session.raises
    found = patient.diagnose("metadata", "time", "network")
    assert [root.id for root in found.root_causes] == ["metadata.token"]
