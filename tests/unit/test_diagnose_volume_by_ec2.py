"""EC2's word on the data volume, and the image registry's on the image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.diagnosis import Patient, unbooted
from fakes.instance import ROOT_VOLUME, VOLUME
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.standing import VolumeHealth
from ladybug_agent.model.storage import AttachedVolume


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def test_an_attached_volume_is_told_with_its_snapshot(patient: Patient) -> None:
    found = patient.result("volume.attachment")
    assert found.status == "pass"
    assert found.message == (
        "vol-0123456789abcdef0 from snap-0123456789abcdef0 is attached at /dev/xvdf"
    )


def test_a_volume_that_was_detached_since_the_boot_fails(patient: Patient) -> None:
    patient.aws.volumes.volumes = [ROOT_VOLUME]
    found = patient.result("volume.attachment")
    assert (found.status, found.code) == ("fail", "volume_detached")
    assert "wanted vol-0123456789abcdef0 at /dev/xvdf" in found.message


def test_another_volume_in_its_place_fails(patient: Patient) -> None:
    other = replace(VOLUME, volume_id="vol-0cccccccccccccccc")
    patient.aws.volumes.volumes = [ROOT_VOLUME, other]
    found = patient.result("volume.attachment")
    assert (found.status, found.code) == ("fail", "volume_replaced")


@pytest.mark.parametrize(
    ("volumes", "code"),
    [
        ([], "volume_not_mapped"),
        ([replace(VOLUME, attachment_state="detaching")], "volume_not_attached"),
        ([replace(VOLUME, attachment_state="attaching")], "volume_not_attached"),
        ([VOLUME, replace(VOLUME, volume_id="vol-1")], "volume_ambiguous"),
        ([replace(VOLUME, snapshot_id="")], "volume_not_from_snapshot"),
        ([replace(VOLUME, encrypted=False)], "volume_not_encrypted"),
        ([replace(VOLUME, attached_elsewhere=True)], "volume_shared"),
    ],
)
def test_before_a_boot_has_succeeded_it_is_judged_as_the_boot_does(
    tmp_path: Path, volumes: list[AttachedVolume], code: str
) -> None:
    patient = unbooted(tmp_path)
    patient.aws.volumes.volumes = [ROOT_VOLUME, *volumes]
    found = patient.result("volume.attachment")
    assert (found.status, found.code) == ("fail", code)


@pytest.mark.parametrize("action", ["DescribeVolumes", "DescribeVolumeStatus"])
def test_ec2_out_of_reach_is_a_warning(patient: Patient, action: str) -> None:
    patient.aws.lose(f"ec2:{action}")
    found = patient.diagnose("volume.attachment", "volume.status").results
    assert [one.status for one in found].count("warn") == 1


def test_a_replica_without_data_has_no_volume_to_ask_about(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    data = replace(patient.config.data, mode="empty", databases=())
    patient.config = replace(patient.config, data=data)
    found = patient.diagnose("volume.attachment", "volume.status").results
    assert {one.status for one in found} == {"skip"}


def test_an_impaired_volume_fails_in_ec2_s_words(patient: Patient) -> None:
    patient.aws.volumes.healths[VOLUME.volume_id] = VolumeHealth(
        status="impaired", details=("io-enabled: failed",), events=("x: look",)
    )
    found = patient.result("volume.status")
    assert (found.status, found.code) == ("fail", "volume_impaired")
    assert found.message.endswith("is impaired: io-enabled: failed; x: look")


@pytest.mark.parametrize(
    "health",
    [
        VolumeHealth(status="warning", details=("io-performance: degraded",)),
        VolumeHealth(status="ok", events=("maintenance: tomorrow",)),
    ],
)
def test_a_slow_volume_is_a_warning(patient: Patient, health: VolumeHealth) -> None:
    patient.aws.volumes.healths[VOLUME.volume_id] = health
    found = patient.result("volume.status")
    assert (found.status, found.code) == ("warn", "volume_degraded")


def test_a_volume_that_ec2_has_no_word_on_yet_is_no_failure(patient: Patient) -> None:
    patient.aws.volumes.healths[VOLUME.volume_id] = VolumeHealth(status="insufficient-data")
    assert patient.result("volume.status").status == "pass"


def test_a_detached_volume_is_the_cause_of_what_its_status_lacks(tmp_path: Path) -> None:
    patient = unbooted(tmp_path)
    patient.aws.volumes.volumes = [ROOT_VOLUME]
    found = patient.diagnose("volume.attachment", "volume.status")
    assert [root.id for root in found.root_causes] == ["volume.attachment"]


GONE = ExternalFailure("image_not_found", "wanted x, the registry has no such image", hint="look")


def test_an_image_that_is_there_is_told_by_its_digest(patient: Patient) -> None:
    found = patient.result("image.registry")
    assert (found.status, found.message) == ("pass", "there, as sha256:aaaaaaaaaaaa")


def test_an_image_that_is_gone_fails_before_a_boot_has_succeeded(tmp_path: Path) -> None:
    patient = unbooted(tmp_path)
    patient.aws.fail("ecr:BatchGetImage", GONE)
    found = patient.result("image.registry")
    assert (found.status, found.code) == ("fail", "image_not_found")


def test_an_image_that_is_gone_is_a_warning_while_the_replica_serves(patient: Patient) -> None:
    patient.aws.fail("ecr:BatchGetImage", GONE)
    found = patient.result("image.registry")
    assert (found.status, found.code) == ("warn", "image_not_found")
    assert "its next boot will not" in found.message


def test_a_pull_that_is_denied_is_the_role_s_fault(tmp_path: Path) -> None:
    patient = unbooted(tmp_path)
    patient.aws.deny("ecr:BatchGetImage")
    found = patient.diagnose("iam", "image")
    assert [root.id for root in found.root_causes] == ["iam.permissions"]
