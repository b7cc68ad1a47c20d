"""The launch template of the replica stack: metadata, volumes, tags, and a first deployment."""

from __future__ import annotations

from typing import Any

import pytest

from support.cloudformation import read_template
from support.replica_stack import FIRST, launch_data, replica_stack


def devices(**changes: str | list[str]) -> dict[str, dict[str, Any]]:
    data = launch_data(replica_stack(**changes))
    return {one["DeviceName"]: one["Ebs"] for one in data["BlockDeviceMappings"]}


def test_metadata_is_version_2_only_and_out_of_reach_for_containers() -> None:
    assert launch_data(replica_stack())["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }


def test_finding_21_every_volume_is_encrypted_and_goes_with_its_instance() -> None:
    for ebs in devices().values():
        assert (ebs["Encrypted"], ebs["DeleteOnTermination"]) == (True, True)
        assert "KmsKeyId" not in ebs
    key = "arn:aws:kms:us-east-1:123456789012:key/0f1e"
    assert {ebs["KmsKeyId"] for ebs in devices(KmsKeyId=key).values()} == {key}


def test_the_data_volume_comes_from_the_snapshot_with_what_gp3_can_have() -> None:
    data = devices()["/dev/xvdf"]
    assert (data["SnapshotId"], data["VolumeType"]) == ("snap-0123456789abcdef0", "gp3")
    limits = read_template("replicas")["Parameters"]
    assert (limits["DataIops"]["MinValue"], limits["DataIops"]["MaxValue"]) == (3000, 80000)
    assert (limits["DataThroughput"]["MinValue"], limits["DataThroughput"]["MaxValue"]) == (
        125,
        2000,
    )
    # 0.25 MiB/s for each provisioned operation is the most that gp3 has.
    assert data["Throughput"] <= data["Iops"] / 4


@pytest.mark.parametrize(("rate", "expected"), [("0", None), ("100", "100"), ("300", "300")])
def test_an_initialization_rate_is_bought_only_where_it_is_asked_for(
    rate: str, expected: str | None
) -> None:
    assert (
        devices(VolumeInitializationRate=rate)["/dev/xvdf"].get("VolumeInitializationRate")
        == expected
    )


@pytest.mark.parametrize("rate", ["1", "99", "301"])
def test_a_rate_that_ebs_does_not_sell_is_refused_by_the_template(rate: str) -> None:
    assert replica_stack(VolumeInitializationRate=rate).broken_rules()


def test_finding_01_a_first_deployment_needs_no_snapshot_and_asks_for_it_by_name() -> None:
    stack = replica_stack(**FIRST)
    assert stack.broken_rules() == []
    assert set(devices(**FIRST)) == {"/dev/xvda"}


@pytest.mark.parametrize(
    "wrong", [{"SnapshotId": ""}, {"DataMode": "empty"}], ids=["no snapshot", "a snapshot too many"]
)
def test_finding_01_a_missing_snapshot_is_no_first_deployment(wrong: dict[str, str]) -> None:
    (said,) = replica_stack(**wrong).broken_rules()
    assert said.startswith("DataMode ")


def test_instances_and_volumes_are_tagged_as_the_platform_looks_for_them() -> None:
    for spec in launch_data(replica_stack())["TagSpecifications"]:
        tags = {one["Key"]: one["Value"] for one in spec["Tags"]}
        assert (tags["NodeType"], tags["Environment"]) == ("shared_replica", "lab")
