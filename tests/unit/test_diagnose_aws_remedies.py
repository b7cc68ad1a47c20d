"""What to do about AWS's word: commands that name this instance, and the missing actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.diagnosis import Patient
from ladybug_agent.diagnose.aws_remedies import BY_CODE
from ladybug_agent.diagnose.remedies import PLACES


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def test_a_missing_row_s_remedy_names_what_is_safe(patient: Patient) -> None:
    patient.surroundings.instance_registry.rows.clear()
    (root,) = patient.diagnose().root_causes
    assert root.remedy is not None
    assert [(c.line, c.risk) for c in root.remedy.commands] == [
        ("ladybug-agent health-check", "safe"),
        ("ladybug-agent bootstrap", "disruptive"),
    ]


def test_a_command_is_filled_with_table_and_instance(patient: Patient) -> None:
    rows = patient.surroundings.instance_registry.rows
    for row in rows.values():
        row.update(status="unhealthy", reason_code="flapping")  # type: ignore[attr-defined]
    remedy = patient.result("registry.status").remedy
    assert remedy is not None
    assert remedy.commands[0].line == (
        "aws dynamodb get-item --consistent-read --table-name instance-registry"
        ' --key \'{"instance_id": {"S": "i-0123456789abcdef0"}}\''
    )


def test_what_is_denied_is_named_as_a_policy_names_it(patient: Patient) -> None:
    patient.aws.deny("dynamodb:GetItem", "ecr:BatchGetImage")
    (root,) = patient.diagnose().root_causes
    assert root.remedy is not None
    assert root.remedy.iam == ("dynamodb:GetItem", "ecr:BatchGetImage")


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_place_in_a_command_is_one_that_is_filled(code: str) -> None:
    for command in BY_CODE[code].commands:
        left = command.line
        for name in PLACES:
            left = left.replace(f"{{{name}}}", "")
        assert "{}" not in left
        assert left.isascii()
