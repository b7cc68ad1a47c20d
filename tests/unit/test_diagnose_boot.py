"""The checks of the boot, of systemd's units and timers, and of cloud-init."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.boot import NAME
from fakes.diagnosis import Patient
from fakes.timeline import DATA, a_record
from fakes.units import a_unit, moment
from ladybug_agent.diagnose.boot_codes import BY_CODE, BY_PREFIX, live_checks
from ladybug_agent.diagnose.boot_sights import UNITS
from ladybug_agent.diagnose.catalogue import ORDER
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.kept_files import SCHEMA

CATALOGUE = Path(__file__).parents[2] / "docs" / "errors.md"
TIMER, WATCH = "ladybug-health.timer", "ladybug-watch.service"
BOOT, HEALTH = "ladybug-bootstrap.service", "ladybug-health.service"


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def record(patient: Patient, document: object) -> None:
    patient.replica.state_dir.record.write_text(json.dumps(document))


def fail_boot(patient: Patient, code: str, step: str = "find_volume") -> None:
    """Leave what a boot leaves that failed at a step, and registered nothing."""
    record(patient, a_record(failing=step, code=code))
    patient.forget_boot()


def keep(patient: Patient, boot_id: str, document: dict[str, Any]) -> None:
    directory = Path(patient.config.instance.boots_dir)
    kept = {"schema": SCHEMA, "boot_id": boot_id, "runs": [document], "around": {}}
    (directory / f"{boot_id}.json").write_text(json.dumps(kept))


def test_a_boot_that_registered_is_good(patient: Patient) -> None:
    found = patient.result("boot.outcome")
    assert (found.status, found.message.partition(" after")[0]) == ("pass", "registered")


def test_a_boot_that_failed_has_its_own_code_step_and_hint(patient: Patient) -> None:
    fail_boot(patient, "volume_not_mapped")
    found = patient.result("boot.outcome")
    assert (found.status, found.code) == ("fail", "volume_not_mapped")
    assert found.message == "the boot failed at find_volume: it is wrong"
    assert found.remedy is not None
    assert found.remedy.text == "put it right"


def test_a_boot_that_was_cut_off_is_to_be_run_again(patient: Patient) -> None:
    document = a_record(failing="mount") | {"outcome": "running"}
    document["steps"][-1]["status"] = "running"
    record(patient, document)
    found = patient.result("boot.outcome")
    assert (found.status, found.code) == ("fail", "boot_interrupted")
    assert found.message == "the boot was cut off at mount: its process is gone"
    assert found.remedy is not None
    assert "ladybug-agent bootstrap" in [one.line for one in found.remedy.commands]


def test_a_boot_that_never_began_says_what_systemd_says_of_its_unit(patient: Patient) -> None:
    patient.replica.state_dir.record.unlink()
    patient.units.know(a_unit(BOOT, enabled="disabled", active="inactive"))
    found = patient.result("boot.outcome")
    assert (found.status, found.code) == ("fail", "boot_not_run")
    assert found.message.endswith("ladybug-bootstrap.service is disabled and inactive")


def test_without_systemd_nothing_starts_a_boot(patient: Patient) -> None:
    patient.replica.state_dir.record.unlink()
    patient.units.present = False
    assert patient.result("boot.outcome").message.endswith("there is no systemd to start it")


def test_a_boot_that_runs_is_not_done_yet(patient: Patient) -> None:
    patient.forget_boot()
    with patient.replica.state_dir.locked():
        step = {"name": "mount", "status": "running"}
        record(patient, {"outcome": "running", "steps": [step]})
        found = patient.result("boot.outcome")
    assert (found.status, found.code) == ("fail", "boot_running")
    assert found.message == "the boot is not done: it is at mount"


def test_a_boot_that_runs_again_under_a_replica_that_serves_is_worth_a_warning(
    patient: Patient,
) -> None:
    with patient.replica.state_dir.locked():
        record(patient, {"outcome": "running", "steps": []})
        found = patient.result("boot.outcome")
    assert (found.status, found.code) == ("warn", "boot_running")


def test_a_record_that_cannot_be_read_is_told(patient: Patient) -> None:
    patient.replica.state_dir.record.write_text("{")
    assert patient.result("boot.outcome").code == "record_unreadable"


def test_a_failed_boot_only_follows_from_what_still_fails(patient: Patient) -> None:
    fail_boot(patient, "imds_unreachable", step="identity")
    patient.session.raises = NotYet("imds_unreachable", "nobody answers")
    diagnosis = patient.diagnose()
    (root,) = diagnosis.root_causes
    boot = next(one for one in diagnosis.results if one.id == "boot.outcome")
    assert (root.id, boot.caused_by) == ("metadata.token", "metadata.token")


def test_a_failed_boot_is_the_cause_once_the_world_is_good_again(patient: Patient) -> None:
    fail_boot(patient, "imds_unreachable", step="identity")
    assert [one.id for one in patient.diagnose().root_causes][:1] == ["boot.outcome"]


def test_what_is_wrong_with_something_else_does_not_explain_a_failed_boot(
    patient: Patient,
) -> None:
    fail_boot(patient, "snapshot_database_missing", step="verify_snapshot")
    patient.session.raises = NotYet("imds_unreachable", "nobody answers")
    roots = [one.id for one in patient.diagnose().root_causes]
    assert "boot.outcome" in roots


def test_a_container_that_is_missing_follows_from_a_boot_that_failed(patient: Patient) -> None:
    fail_boot(patient, "snapshot_database_missing", step="verify_snapshot")
    del patient.surroundings.engine.containers[NAME]
    results = {one.id: one for one in patient.diagnose().results}
    assert results["container.running"].caused_by == "boot.outcome"


def codes_in_the_catalogue() -> list[str]:
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    return [line[5:-1] for line in lines if line.startswith("### `")]


OF_OTHER_VERBS = {
    "Diagnose",
    "The machine's services",
    "Verify by hand",
    "Health check",
    "Refresh",
    "Drain",
    "Rehearsal",
    "Support bundle",
    "Registering other nodes",
    "Installation",
    "Deploying and watching a fleet",
    "Bundle and publishing",
}


def codes_of_a_boot() -> list[str]:
    """Return the codes of the sections that a boot's own errors are in."""
    section, found = "", []
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("### `") and section not in OF_OTHER_VERBS:
            found.append(line[5:-1])
    return found


def test_every_code_that_a_boot_can_fail_with_has_its_live_checks() -> None:
    assert [code for code in codes_of_a_boot() if live_checks(code) is None] == []


def test_every_live_check_is_one_that_stands_before_the_boots_outcome() -> None:
    before = set(ORDER[: ORDER.index("boot.outcome")])
    named = {check for ids in (*BY_CODE.values(), *BY_PREFIX.values()) for check in ids}
    assert named <= before


def test_every_code_that_is_mapped_exists() -> None:
    assert set(BY_CODE) <= set(codes_in_the_catalogue())


def test_without_earlier_boots_there_is_nothing_to_warn_of(patient: Patient) -> None:
    found = patient.result("boot.previous")
    assert (found.status, found.message) == ("pass", "no earlier boot is kept")


def test_earlier_boots_that_failed_are_worth_a_warning(patient: Patient) -> None:
    keep(patient, "aaaa-1", a_record(days_ago=2))
    keep(patient, "bbbb-1", a_record(days_ago=1, failing="mount", code="mount_failed"))
    found = patient.result("boot.previous")
    assert (found.status, found.code) == ("warn", "boot_failed_before")
    assert found.message == (
        "1 of the 2 boots before this one did not register; the last failed at mount mount_failed"
    )


def test_a_boot_that_took_far_longer_than_usual_says_which_step_did(patient: Patient) -> None:
    for number in range(3):
        keep(patient, f"aaaa{number}-1", a_record(days_ago=1 + number))
    slow = a_record(slower_by_s=40.0) | {"boot_id": patient.machine.boot().boot_id}
    record(patient, slow)
    keep(patient, patient.machine.boot().boot_id, slow)
    found = patient.result("boot.previous")
    assert (found.status, found.code) == ("warn", "boot_slower")
    assert found.message == (
        "this boot took 54.2 s, usual are 14.2 s; most of it is agent pull_image (+40.0 s)"
    )


def test_units_that_are_in_order_pass(patient: Patient) -> None:
    assert patient.result("systemd.units").message == f"{len(UNITS)} units are in order"


@pytest.mark.parametrize(
    ("name", "facts", "code", "words"),
    [
        (WATCH, {"active": "failed", "result": "watchdog"}, "unit_failed", "has failed (watchdog)"),
        (
            HEALTH,
            {"active": "failed", "result": "exit-code", "exit_status": 5},
            "unit_failed",
            "has failed (exit-code, exit status 5)",
        ),
        (TIMER, {"load": "masked", "active": "inactive"}, "unit_masked", "is masked"),
        (TIMER, {"load": "not-found"}, "unit_missing", "not installed: ladybug-health.timer"),
    ],
)
def test_a_unit_that_is_broken_is_named(
    patient: Patient, name: str, facts: dict[str, object], code: str, words: str
) -> None:
    patient.units.know(a_unit(name, **facts))
    found = patient.result("systemd.units")
    assert (found.status, found.code) == ("fail", code)
    assert words in found.message


@pytest.mark.parametrize(
    ("name", "result"),
    [(BOOT, "exit-code"), (HEALTH, "timeout"), ("ladybug-repair.service", "exit-code")],
)
def test_a_unit_that_failed_for_something_else_is_worth_a_warning(
    patient: Patient, name: str, result: str
) -> None:
    """The boot registered, run again by hand; and what hung or could not be repaired is no unit."""
    patient.units.know(a_unit(name, active="failed", result=result))
    found = patient.result("systemd.units")
    assert (found.status, found.code) == ("warn", "unit_failed")
    assert found.message == f"failed of late: {name} ({result})"


def test_a_unit_that_the_next_start_would_miss_is_worth_a_warning(patient: Patient) -> None:
    patient.units.know(a_unit(WATCH, enabled="disabled"))
    found = patient.result("systemd.units")
    assert (found.status, found.code) == ("warn", "unit_not_enabled")
    assert found.message.endswith(WATCH)


def test_an_agent_that_is_run_by_hand_is_worth_a_warning(patient: Patient) -> None:
    patient.units.known.clear()
    assert patient.result("systemd.units").code == "units_not_installed"
    assert patient.result("systemd.timers").status == "skip"


def test_a_failed_unit_follows_from_the_boot_that_failed(patient: Patient) -> None:
    fail_boot(patient, "volume_not_mapped")
    patient.units.know(a_unit(BOOT, active="failed", result="exit-code", exit_status=1))
    results = {one.id: one for one in patient.diagnose().results}
    assert results["systemd.units"].caused_by == "boot.outcome"


def test_where_there_is_no_systemd_units_and_timers_are_not_asked(patient: Patient) -> None:
    patient.units.present = False
    assert [patient.result(f"systemd.{what}").status for what in ("units", "timers")] == [
        "skip",
        "skip",
    ]


def test_a_systemd_that_does_not_answer_is_a_failure(patient: Patient) -> None:
    patient.units.raises = ExternalFailure("command_failed", "wanted an answer, found none")
    assert patient.result("systemd.units").code == "command_failed"


def test_a_timer_that_is_stopped_renews_no_lease(patient: Patient) -> None:
    patient.units.know(a_unit(TIMER, active="inactive"))
    found = patient.result("systemd.timers")
    assert (found.status, found.code) == ("fail", "timer_not_active")


def test_a_timer_that_has_not_ticked_for_long_is_overdue(patient: Patient) -> None:
    late = patient.clock.utcnow() - timedelta(seconds=400)
    patient.units.know(a_unit(TIMER, last_trigger=late))
    found = patient.result("systemd.timers")
    assert found.code == "timer_overdue"
    assert "no health check for 400 s" in found.message


@pytest.mark.parametrize(("active_for_s", "status"), [(30.0, "pass"), (500.0, "fail")])
def test_a_timer_that_never_ticked_is_overdue_only_after_a_while(
    patient: Patient, active_for_s: float, status: str
) -> None:
    since = moment(patient.clock.monotonic() - active_for_s)
    patient.units.know(a_unit(TIMER, became_active=since))
    assert patient.result("systemd.timers").status == status


def cloud_init(patient: Patient, form: str) -> None:
    text = (DATA / f"cloud_init/status-{form}.json").read_text(encoding="utf-8")
    patient.boot_files.cloud_init_status.write_text(text)


@pytest.mark.parametrize(
    ("form", "status", "code", "message"),
    [
        ("22.2", "pass", "", "cloud-init has ended well"),
        ("23.4", "pass", "", "cloud-init has ended well"),
        ("running", "pass", "", "cloud-init is at modules-final"),
        (
            "25",
            "warn",
            "cloudinit_degraded",
            "cloud-init is degraded: it warns in modules-config",
        ),
        (
            "failed",
            "fail",
            "cloudinit_failed",
            "cloud-init had errors in modules-final: scripts_user",
        ),
    ],
)
def test_cloud_inits_verdict_is_ours(
    patient: Patient, form: str, status: str, code: str, message: str
) -> None:
    cloud_init(patient, form)
    found = patient.result("cloudinit.status")
    assert (found.status, found.code, found.message) == (status, code, message)


def test_what_an_error_of_cloud_init_quotes_is_not_told(patient: Patient) -> None:
    errors = ["('scripts_user', ProcessError('password=hunter2'))", "password=hunter2"]
    stage = {"start": 1.0, "finished": 2.0, "errors": errors}
    patient.boot_files.cloud_init_status.write_text(json.dumps({"v1": {"init": stage}}))
    assert "hunter2" not in str(patient.result("cloudinit.status"))


def test_without_cloud_init_there_is_nothing_to_ask(patient: Patient) -> None:
    patient.boot_files.cloud_init_status.unlink()
    assert patient.result("cloudinit.status").status == "skip"


def test_a_status_of_cloud_init_that_is_none_is_told(patient: Patient) -> None:
    patient.boot_files.cloud_init_status.write_text("[]")
    assert patient.result("cloudinit.status").code == "cloudinit_unreadable"
