"""EC2's view of the volumes of one instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from contract.support.aws import REGION, point_at, quick_clients, role_credentials
from contract.support.http_server import Exchange, serving
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.ec2 import BotoEc2
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.ec2 import LeanEc2
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import Initialization
from ladybug_agent.model.storage import AttachedVolume
from ladybug_lab.aws.provision import Plan, provision
from ladybug_lab.aws.server import LabAws, VolumeInitialization

ROOT = "/dev/xvda"
INSTANCE_ID = "i-0123456789abcdef0"
PAGE = """<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<volumeSet>{volumes}</volumeSet>{token}</DescribeVolumesResponse>"""
VOLUME = """<item><volumeId>vol-1</volumeId><size>20</size><snapshotId/><encrypted>true</encrypted>
<attachmentSet>{attachments}</attachmentSet></item>"""
ATTACHMENT = f"""<item><volumeId>vol-1</volumeId><instanceId>{INSTANCE_ID}</instanceId>
<device>/dev/sdf</device><status>attaching</status></item>"""


@pytest.fixture
def ec2(aws: LabAws, clients: AwsClients) -> BotoEc2:
    del aws  # emptied for this test
    return BotoEc2(clients)


class Describes(Protocol):
    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]: ...


Make = Callable[[], Describes]


@pytest.fixture(params=["botocore", "lean"])
def make(request: pytest.FixtureRequest) -> Make:
    """Return what makes the adapter of the boot, or that of a diagnosis: one suite for both."""

    def lean() -> LeanEc2:
        return LeanEc2(LeanAws(role_credentials, REGION, SystemClock()))

    return lean if request.param == "lean" else lambda: BotoEc2(quick_clients())


@pytest.fixture
def volumes(make: Make, aws: LabAws, monkeypatch: pytest.MonkeyPatch) -> Describes:
    point_at(aws.url, monkeypatch)
    return make()


def test_the_data_volume_is_described_with_its_attachment(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan(volume_gib=7, device_name="/dev/sdf"))
    found = {volume.device_name: volume for volume in volumes.attached_volumes(stack.instance_id)}
    assert set(found) == {ROOT, "/dev/sdf"}
    data = found["/dev/sdf"]
    assert data == AttachedVolume(
        volume_id=stack.volume_id,
        device_name="/dev/sdf",
        attachment_state="attached",
        snapshot_id=stack.snapshot_id,
        size_gib=7,
        iops=data.iops,
        throughput_mib_s=250,
        encrypted=True,
        delete_on_termination=False,  # as AttachVolume leaves it; a launch template asks for more
    )


@pytest.mark.parametrize("said", ["true", "false"])
def test_whether_the_volume_dies_with_the_instance_is_told(
    make: Make, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    element = f"<deleteOnTermination>{said}</deleteOnTermination>"
    attachment = ATTACHMENT.replace("</item>", f"{element}</item>")
    volume = VOLUME.format(attachments=attachment)
    with serving(lambda e: e.answer(200, PAGE.format(volumes=volume, token=""))) as server:
        point_at(server.url, monkeypatch)
        (found,) = make().attached_volumes(INSTANCE_ID)
    assert found.delete_on_termination is (said == "true")


def test_an_unencrypted_volume_is_said_to_be_so(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan(encrypted=False))
    assert [v.encrypted for v in volumes.attached_volumes(stack.instance_id)] == [False, False]


def test_a_volume_made_from_nothing_has_no_snapshot(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan())
    root = next(v for v in volumes.attached_volumes(stack.instance_id) if v.device_name == ROOT)
    assert root.snapshot_id == ""


def test_the_volumes_of_another_instance_are_not_listed(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan())
    other = aws.client("ec2").run_instances(ImageId="ami-0", MinCount=1, MaxCount=1)
    listed = volumes.attached_volumes(other["Instances"][0]["InstanceId"])
    assert listed
    assert stack.volume_id not in {volume.volume_id for volume in listed}


def test_nothing_is_listed_for_an_instance_without_volumes(aws: LabAws, volumes: Describes) -> None:
    provision(aws, Plan())
    assert volumes.attached_volumes(INSTANCE_ID) == ()


def test_a_volume_is_described_with_what_was_bought_for_it(aws: LabAws, volumes: Describes) -> None:
    plan = Plan(throughput_mib_s=500, fast_restored=True, initialization_rate_mib_s=200)
    stack = provision(aws, plan)
    (data,) = (v for v in volumes.attached_volumes(stack.instance_id) if v.device_name != ROOT)
    assert (data.throughput_mib_s, data.fast_restored, data.initialization_rate_mib_s) == (
        500,
        True,
        200,
    )


def test_a_detached_volume_is_not_listed(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan(attach=False))
    assert [v.device_name for v in volumes.attached_volumes(stack.instance_id)] == [ROOT]


@pytest.mark.parametrize(
    "operation", ["DescribeVolumes", "DescribeSnapshots", "DescribeVolumeStatus"]
)
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("UnauthorizedOperation", 403, "aws_access_denied"),
        ("RequestLimitExceeded", 503, "aws_throttled"),
        ("InternalError", 500, "aws_call_failed"),
        ("AuthFailure", 401, "aws_credentials_rejected"),
    ],
)
def test_a_call_that_fails_is_tried_once_and_named(
    aws: LabAws, ec2: BotoEc2, operation: str, fault: str, status: int, code: str
) -> None:
    aws.faults.add(operation, code=fault, status=status)
    with pytest.raises(ExternalFailure, match=f"ec2:{operation}") as failure:
        ask(ec2, operation)
    assert (failure.value.code, aws.calls) == (code, [("ec2", operation)])


@pytest.mark.parametrize(
    "operation", ["DescribeVolumes", "DescribeSnapshots", "DescribeVolumeStatus"]
)
def test_a_dropped_connection_is_not_tried_again(aws: LabAws, ec2: BotoEc2, operation: str) -> None:
    aws.faults.add(operation, drop=True)
    with pytest.raises(ExternalFailure) as failure:
        ask(ec2, operation)
    assert (failure.value.code, aws.calls) == ("aws_unreachable", [("ec2", operation)])


def ask(ec2: BotoEc2, operation: str) -> None:
    if operation == "DescribeVolumes":
        ec2.attached_volumes(INSTANCE_ID)
    elif operation == "DescribeVolumeStatus":
        ec2.initialization("vol-0123456789abcdef0")
    else:
        ec2.snapshot("snap-0123456789abcdef0")


def test_a_snapshot_is_described_with_its_age_and_origin(aws: LabAws, ec2: BotoEc2) -> None:
    stack = provision(aws, Plan(snapshot_age=timedelta(days=9)))
    aws.calls.clear()
    found = ec2.snapshot(stack.snapshot_id)
    assert found is not None
    age_days = (datetime.now(UTC) - found.started_at) / timedelta(days=1)
    assert (found.snapshot_id, found.state, found.encrypted) == (
        stack.snapshot_id,
        "completed",
        True,
    )
    assert age_days == pytest.approx(9, abs=0.01)
    assert found.volume_id.startswith("vol-")
    assert found.volume_id != stack.volume_id
    assert aws.calls == [("ec2", "DescribeSnapshots")]


def test_a_snapshot_that_ec2_does_not_know_is_none(aws: LabAws, ec2: BotoEc2) -> None:
    provision(aws, Plan())
    assert ec2.snapshot("snap-0aaaaaaaaaaaaaaaa") is None


def test_an_unencrypted_snapshot_is_said_to_be_so(aws: LabAws, ec2: BotoEc2) -> None:
    found = ec2.snapshot(provision(aws, Plan(encrypted=False)).snapshot_id)
    assert found is not None
    assert not found.encrypted


def test_one_look_at_the_volumes_is_one_call(aws: LabAws, volumes: Describes) -> None:
    stack = provision(aws, Plan())
    aws.calls.clear()
    volumes.attached_volumes(stack.instance_id)
    assert aws.calls == [("ec2", "DescribeVolumes")]


def test_a_page_may_be_empty_and_another_follow(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages(exchange: Exchange) -> None:
        if b"NextToken=more" in exchange.body:
            volume = VOLUME.format(attachments=ATTACHMENT)
            exchange.answer(200, PAGE.format(volumes=volume, token=""))
        else:
            exchange.answer(200, PAGE.format(volumes="", token="<nextToken>more</nextToken>"))

    with serving(pages) as server:
        point_at(server.url, monkeypatch)
        found = make().attached_volumes(INSTANCE_ID)
    assert [(v.volume_id, v.attachment_state, v.iops) for v in found] == [("vol-1", "attaching", 0)]


def test_a_volume_that_is_detached_meanwhile_is_left_out(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = VOLUME.format(attachments="")
    with serving(lambda e: e.answer(200, PAGE.format(volumes=volume, token=""))) as server:
        point_at(server.url, monkeypatch)
        assert make().attached_volumes(INSTANCE_ID) == ()


def test_a_volume_that_ec2_still_loads_is_said_to_be_so(aws: LabAws, ec2: BotoEc2) -> None:
    stack = provision(aws, Plan())
    assert ec2.initialization(stack.volume_id) == Initialization(
        completed=False, kind="default", progress_pct=0
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            VolumeInitialization(kind="provisioned-rate", progress=40, left_s=7),
            Initialization(completed=False, kind="provisioned-rate", progress_pct=40),
        ),
        (
            VolumeInitialization(status="completed", progress=100),
            Initialization(completed=True, kind="default", progress_pct=100),
        ),
        (
            VolumeInitialization(progress=None),
            Initialization(completed=False, kind="default", progress_pct=None),
        ),
    ],
    ids=["at a rate", "completed", "without progress"],
)
def test_how_far_ec2_is_is_told(
    aws: LabAws, ec2: BotoEc2, said: VolumeInitialization, found: Initialization
) -> None:
    stack = provision(aws, Plan())
    aws.volume_initializations[stack.volume_id] = said
    aws.calls.clear()
    assert ec2.initialization(stack.volume_id) == found
    assert aws.calls == [("ec2", "DescribeVolumeStatus")]


def test_of_a_volume_that_was_made_empty_nothing_is_told(aws: LabAws, ec2: BotoEc2) -> None:
    made = aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    assert ec2.initialization(made["VolumeId"]) is None


def test_how_far_a_volume_is_that_ec2_does_not_know_is_an_error(ec2: BotoEc2) -> None:
    with pytest.raises(ExternalFailure, match=r"InvalidVolume\.NotFound") as failure:
        ec2.initialization("vol-0aaaaaaaaaaaaaaaa")
    assert failure.value.code == "aws_call_failed"


STATUS = """<DescribeVolumeStatusResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<volumeStatusSet>{statuses}</volumeStatusSet></DescribeVolumeStatusResponse>"""


@pytest.mark.parametrize(
    "statuses", ["", "<item><volumeId>vol-1</volumeId></item>"], ids=["none", "without details"]
)
def test_an_answer_without_a_status_is_an_error(
    monkeypatch: pytest.MonkeyPatch, statuses: str
) -> None:
    with serving(lambda e: e.answer(200, STATUS.format(statuses=statuses))) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ExternalFailure, match="without what AWS always answers") as failure:
            BotoEc2(quick_clients()).initialization("vol-1")
    assert failure.value.code == "aws_call_failed"
