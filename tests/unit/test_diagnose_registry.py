"""The checks of the registry row: there, leased, ours, and true."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.boot import KEY
from fakes.diagnosis import Patient
from fakes.tick import begin_drain
from ladybug_agent.ports.registry import RowValue


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    made = Patient(tmp_path)
    made.replica.ticks(2)
    return made


def change(patient: Patient, **values: RowValue) -> None:
    rows = patient.surroundings.instance_registry.rows
    rows[KEY] = {**rows[KEY], **values}


def test_a_healthy_row_says_that_requests_are_sent(patient: Patient) -> None:
    found = patient.result("registry.row")
    assert (found.status, found.evidence["status"], found.evidence["routable"]) == (
        "pass",
        "healthy",
        True,
    )


def test_a_row_that_was_deleted_is_missing(patient: Patient) -> None:
    patient.surroundings.instance_registry.rows.clear()
    found = patient.diagnose()
    (root,) = found.root_causes
    assert (root.id, root.code) == ("registry.row", "registry_row_missing")
    assert "though the boot 11111111 wrote it" in root.message
    assert {one.id for one in found.results if one.blocked_by == "registry.row"} == {
        "registry.lease",
        "registry.fence",
        "registry.status",
    }


def test_a_table_out_of_reach_is_told(patient: Patient) -> None:
    patient.aws.lose("dynamodb:GetItem")
    found = patient.result("registry.row")
    assert (found.status, found.code) == ("fail", "aws_unreachable")


def test_a_lease_says_how_much_is_left(patient: Patient) -> None:
    found = patient.result("registry.lease")
    assert (found.status, found.evidence) == ("pass", {"left_s": 150, "lease_s": 150})


def test_a_lease_of_which_half_is_gone_is_a_warning(patient: Patient) -> None:
    patient.clock.advance(80)
    found = patient.result("registry.lease")
    assert (found.status, found.code) == ("warn", "registry_lease_short")
    assert found.message.startswith("70 s left of 150: health checks were missed")


def test_a_lease_that_ended_fails_and_says_when_a_check_told_last(patient: Patient) -> None:
    patient.clock.advance(200)
    found = patient.result("registry.lease")
    assert (found.status, found.code) == ("fail", "registry_lease_expired")
    assert found.message == (
        "the lease ended 50 s ago; the last health check that told was at 2026-02-06T12:01:00Z"
    )


def test_the_row_of_another_registration_is_a_fence(patient: Patient) -> None:
    change(patient, registration_id="somebody-else")
    found = patient.result("registry.fence")
    assert (found.status, found.code) == ("fail", "registration_fenced")
    assert "somebody" in found.message


def test_the_row_of_an_earlier_boot_is_outdated(patient: Patient) -> None:
    change(patient, registration_id="older", boot_id="22222222-2222-3333-4444-555555555555")
    found = patient.result("registry.fence")
    assert (found.status, found.code) == ("fail", "registry_row_outdated")


def test_a_row_that_agrees_with_the_last_check_is_good(patient: Patient) -> None:
    found = patient.result("registry.status")
    assert found.message == "the row says healthy, and so did the last health check here"


def test_a_row_that_says_otherwise_than_the_last_check_fails(patient: Patient) -> None:
    change(patient, status="unhealthy", reason_code="by_hand")
    found = patient.result("registry.status")
    assert (found.status, found.code) == ("fail", "registry_status_differs")
    assert found.message == "the row says unhealthy, the last health check here said healthy"


def test_a_row_that_says_why_it_is_unhealthy_is_quoted(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    change(patient, status="unhealthy", reason_code="flapping", status_since="now")
    found = patient.result("registry.status")
    assert (found.status, found.code) == ("fail", "registry_says_unhealthy")
    assert "unhealthy (flapping) since now" in found.message


def test_a_degraded_row_is_a_warning(patient: Patient) -> None:
    change(patient, degraded=True, degraded_reasons="stale_snapshot")
    found = patient.result("registry.status")
    assert (found.status, found.message) == ("warn", "healthy, and degraded: stale_snapshot")


def test_a_row_that_leaves_while_nothing_drains_fails(patient: Patient) -> None:
    change(patient, status="draining")
    found = patient.result("registry.status")
    assert (found.status, found.code) == ("fail", "registry_status_differs")
    assert "nothing drains here" in found.message


def test_a_row_that_leaves_as_the_drain_here_does_is_good(patient: Patient) -> None:
    change(patient, status="draining")
    begin_drain(patient.replica)
    found = {one.id: one for one in patient.diagnose("registry").results}
    assert found["registry.status"].status == "pass"
    assert found["registry.lease"].status == "skip"


def test_a_replica_that_fails_is_the_cause_of_what_its_row_says(patient: Patient) -> None:
    patient.replica.change_container(status="exited", exit_code=1)
    change(patient, status="unhealthy", reason_code="container_exited")
    roots = [root.id for root in patient.diagnose().root_causes]
    assert roots == ["container.running"]
