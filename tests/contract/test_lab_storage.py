"""The emulated EBS and S3 as hydration meets them, asked with real boto3 clients."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from ladybug_lab.aws.provision import Plan, Provisioned, provision
from ladybug_lab.aws.server import LabAws, VolumeInitialization

Style = Literal["auto", "path", "virtual"]
KEY = "maps/one"


@pytest.fixture(scope="module")
def server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@pytest.fixture
def aws(server: LabAws) -> LabAws:
    server.reset()
    return server


@pytest.fixture
def stack(aws: LabAws) -> Provisioned:
    return provision(aws, Plan())


def status_of(aws: LabAws, volume_id: str) -> dict[str, Any]:
    (found,) = aws.client("ec2").describe_volume_status(VolumeIds=[volume_id])["VolumeStatuses"]
    assert isinstance(found, dict)
    return found


def details_of(status: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Status"] for one in status["VolumeStatus"]["Details"]}


def volume_of(aws: LabAws, stack: Provisioned) -> dict[str, Any]:
    (found,) = aws.client("ec2").describe_volumes(VolumeIds=[stack.volume_id])["Volumes"]
    assert isinstance(found, dict)
    return found


def put(aws: LabAws, stack: Provisioned, body: bytes, **conditions: str) -> str:
    answer = aws.client("s3").put_object(Bucket=stack.bucket, Key=KEY, Body=body, **conditions)
    return str(answer["ETag"])


def body_of(aws: LabAws, stack: Provisioned) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=stack.bucket, Key=KEY)["Body"].read())


def test_a_volume_from_a_snapshot_is_initializing_at_first(aws: LabAws, stack: Provisioned) -> None:
    status = status_of(aws, stack.volume_id)
    assert (status["VolumeId"], status["AvailabilityZone"]) == (stack.volume_id, "us-east-1a")
    assert status["VolumeStatus"]["Status"] == "ok"
    assert details_of(status) == {
        "io-enabled": "passed",
        "io-performance": "not-applicable",
        "initialization-state": "initializing",
    }
    assert status["InitializationStatusDetails"] == {"InitializationType": "default", "Progress": 0}


def test_how_far_a_volume_is_can_be_set(aws: LabAws, stack: Provisioned) -> None:
    aws.volume_initializations[stack.volume_id] = VolumeInitialization(
        kind="provisioned-rate", progress=40, left_s=7
    )
    assert status_of(aws, stack.volume_id)["InitializationStatusDetails"] == {
        "InitializationType": "provisioned-rate",
        "Progress": 40,
        "EstimatedTimeToCompleteInSeconds": 7,
    }
    done = VolumeInitialization(status="completed", progress=100)
    aws.volume_initializations[stack.volume_id] = done
    assert details_of(status_of(aws, stack.volume_id))["initialization-state"] == "completed"


def test_a_volume_that_was_made_empty_has_nothing_to_initialize(aws: LabAws) -> None:
    made = aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    status = status_of(aws, made)
    assert "initialization-state" not in details_of(status)
    assert "InitializationStatusDetails" not in status


def test_without_ids_every_volume_is_told(aws: LabAws, stack: Provisioned) -> None:
    statuses = aws.client("ec2").describe_volume_status()["VolumeStatuses"]
    volumes = aws.client("ec2").describe_volumes()["Volumes"]
    assert {one["VolumeId"] for one in statuses} == {one["VolumeId"] for one in volumes}
    assert stack.volume_id in {one["VolumeId"] for one in statuses}


def test_the_status_of_a_volume_that_is_not_there_is_an_error(aws: LabAws) -> None:
    with pytest.raises(ClientError, match=r"\(InvalidVolume.NotFound\).*'vol-0123' does not exist"):
        status_of(aws, "vol-0123")


def test_a_filter_is_not_ignored_in_silence(aws: LabAws) -> None:
    with pytest.raises(ClientError, match="NotEmulated"):
        aws.client("ec2").describe_volume_status(
            Filters=[{"Name": "volume-status.status", "Values": ["ok"]}]
        )


def test_a_plain_volume_has_its_throughput_and_nothing_bought(
    aws: LabAws, stack: Provisioned
) -> None:
    volume = volume_of(aws, stack)
    assert (volume["Throughput"], volume["FastRestored"]) == (250, False)
    assert "VolumeInitializationRate" not in volume


def test_a_plan_may_restore_the_volume_fast(aws: LabAws) -> None:
    stack = provision(aws, Plan(throughput_mib_s=1000, fast_restored=True))
    volume = volume_of(aws, stack)
    assert (volume["Throughput"], volume["FastRestored"]) == (1000, True)
    assert details_of(status_of(aws, stack.volume_id))["initialization-state"] == "completed"


def test_a_plan_may_buy_a_rate_of_initialization(aws: LabAws) -> None:
    stack = provision(aws, Plan(volume_gib=3, initialization_rate_mib_s=300))
    assert volume_of(aws, stack)["VolumeInitializationRate"] == 300
    assert status_of(aws, stack.volume_id)["InitializationStatusDetails"] == {
        "InitializationType": "provisioned-rate",
        "Progress": 0,
        "EstimatedTimeToCompleteInSeconds": 10,
    }


def test_a_new_object_may_be_put_only_where_there_is_none(aws: LabAws, stack: Provisioned) -> None:
    put(aws, stack, b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        put(aws, stack, b"second", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert body_of(aws, stack) == b"first"


def test_an_object_may_be_replaced_only_by_who_has_seen_it(aws: LabAws, stack: Provisioned) -> None:
    seen = put(aws, stack, b"first")
    put(aws, stack, b"second", IfMatch=seen)
    with pytest.raises(ClientError) as refused:
        put(aws, stack, b"third", IfMatch=seen)
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert body_of(aws, stack) == b"second"


def test_an_object_that_is_gone_cannot_be_replaced(aws: LabAws, stack: Provisioned) -> None:
    seen = put(aws, stack, b"first")
    aws.client("s3").delete_object(Bucket=stack.bucket, Key=KEY)
    with pytest.raises(ClientError, match="NoSuchKey"):
        put(aws, stack, b"second", IfMatch=seen)


def test_of_writers_at_the_same_time_one_wins(aws: LabAws, stack: Provisioned) -> None:
    seen = put(aws, stack, b"first")

    def outcome(number: int) -> str:
        try:
            put(aws, stack, b"%d" % number, IfMatch=seen)
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return "won"

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(outcome, range(8)))
    assert found == ["PreconditionFailed"] * 7 + ["won"]


@pytest.mark.parametrize("style", ["auto", "path", "virtual"])
def test_a_bucket_is_reached_by_its_path_whatever_style_is_asked_for(
    aws: LabAws, stack: Provisioned, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore puts no bucket before an IP address, which is what AWS_ENDPOINT_URL has here."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    put(aws, stack, b"map")
    session: Any = Session("key", "secret", region_name=aws.region)
    s3 = session.client("s3", config=Config(s3={"addressing_style": style}, proxies={}))
    assert s3.get_object(Bucket=stack.bucket, Key=KEY)["Body"].read() == b"map"
    s3.close()
    assert aws.calls[-1] == ("s3", "GetObject")


def test_a_bucket_may_be_in_another_region() -> None:
    with LabAws(region="eu-central-1") as aws:
        stack = provision(aws, Plan(bucket="elsewhere"))
        put(aws, stack, b"map")
        where = aws.client("s3").get_bucket_location(Bucket="elsewhere")
        assert where["LocationConstraint"] == "eu-central-1"
