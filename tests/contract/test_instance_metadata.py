"""Identity and credentials, as the instance metadata service tells them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ladybug_agent.adapters.imds import Imds
from ladybug_agent.adapters.instance_metadata import ImdsMetadata
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet, error_chain
from ladybug_agent.model import Credentials, InstanceIdentity
from ladybug_lab.imds.server import Credentials as LabCredentials
from ladybug_lab.imds.server import InstanceFacts, LabImds

DOCUMENT = "/latest/dynamic/instance-identity/document"
ROLES = "/latest/meta-data/iam/security-credentials/"
MAPPING = "/latest/meta-data/block-device-mapping/"
ROLE = f"{ROLES}ladybug-shared-replica"
LAUNCHED_AT = datetime(2026, 2, 6, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def metadata(imds: LabImds) -> ImdsMetadata:
    imds.facts = InstanceFacts(launch_time=LAUNCHED_AT)
    return ImdsMetadata(Imds((imds.endpoint,)), SystemClock())


def test_the_identity_is_complete(metadata: ImdsMetadata) -> None:
    assert metadata.identity() == InstanceIdentity(
        instance_id="i-0123456789abcdef0",
        account_id="123456789012",
        region="us-east-1",
        availability_zone="us-east-1a",
        instance_type="r7g.large",
        private_ip="10.0.16.10",
        private_dns="ip-10-0-16-10.ec2.internal",
        vpc_id="vpc-0123456789abcdef0",
        launched_at=LAUNCHED_AT,
        target_lifecycle_state=None,
    )


def test_identity_and_credentials_need_one_token(imds: LabImds, metadata: ImdsMetadata) -> None:
    metadata.identity()
    metadata.credentials()
    assert [request.method for request in imds.requests].count("PUT") == 1
    assert {request.status for request in imds.requests} == {200, 404}


def test_what_auto_scaling_moves_the_instance_to_is_part_of_the_identity(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.facts = replace(imds.facts, target_lifecycle_state="InService")
    assert metadata.identity().target_lifecycle_state == "InService"


def test_instance_id_and_region_can_be_had_alone(metadata: ImdsMetadata) -> None:
    assert (metadata.instance_id(), metadata.region()) == ("i-0123456789abcdef0", "us-east-1")


def test_the_credentials_are_those_of_the_role(imds: LabImds, metadata: ImdsMetadata) -> None:
    ends = datetime(2026, 2, 6, 18, 0, 0, tzinfo=UTC)
    imds.credentials = LabCredentials(
        access_key_id="ASIAOTHER", secret_access_key="secret", token="token", expiration=ends
    )
    assert metadata.credentials() == Credentials(
        access_key_id="ASIAOTHER",
        secret_access_key="secret",
        session_token="token",
        expires_at=ends,
    )


def test_the_device_names_of_the_launch_template_are_told_by_role(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    mapping = {"ami": "xvda", "root": "/dev/xvda", "ebs1": "sdf", "ephemeral0": "sdb"}
    imds.facts = replace(imds.facts, block_devices=mapping)
    assert metadata.block_device_mapping() == mapping


def test_an_instance_without_a_mapping_has_an_empty_one(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.facts = replace(imds.facts, block_devices={})
    assert metadata.block_device_mapping() == {}


def test_a_role_that_goes_away_meanwhile_is_left_out(imds: LabImds, metadata: ImdsMetadata) -> None:
    imds.faults.add(f"{MAPPING}ebs1", status=404)
    assert metadata.block_device_mapping() == {"ami": "xvda", "root": "/dev/xvda"}


def test_a_folder_in_the_mapping_is_no_role(imds: LabImds, metadata: ImdsMetadata) -> None:
    imds.facts = replace(imds.facts, block_devices={"root": "xvda", "more/ebs1": "sdg"})
    assert metadata.block_device_mapping() == {"root": "xvda"}


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [(503, NotYet, "imds_unavailable"), (403, ExternalFailure, "imds_refused")],
)
def test_a_mapping_that_cannot_be_read_is_an_error(
    imds: LabImds, metadata: ImdsMetadata, status: int, kind: type[AgentError], code: str
) -> None:
    imds.faults.add(f"{MAPPING}ebs1", status=status)
    with pytest.raises(kind) as failure:
        metadata.block_device_mapping()
    assert failure.value.code == code


def test_no_secret_is_in_the_representation_of_the_credentials(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    shown = repr(metadata.credentials())
    assert imds.credentials.access_key_id in shown
    assert imds.credentials.secret_access_key not in shown
    assert imds.credentials.token not in shown


def test_a_role_that_is_not_there_yet_is_worth_waiting_for(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.facts = replace(imds.facts, role_name=None)
    with pytest.raises(NotYet, match="found none in instance metadata") as failure:
        metadata.credentials()
    assert failure.value.code == "credentials_missing"
    assert "IamInstanceProfile" in failure.value.hint
    imds.facts = replace(imds.facts, role_name="ladybug-shared-replica")
    assert metadata.credentials().access_key_id == imds.credentials.access_key_id


def test_a_role_without_credentials_yet_is_worth_waiting_for(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.faults.add(ROLE, status=404, times=1)
    with pytest.raises(NotYet) as failure:
        metadata.credentials()
    assert failure.value.code == "credentials_missing"


def test_a_role_that_ec2_may_not_assume_is_worth_waiting_for(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    body = '{"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"}'
    imds.faults.add(ROLE, body=body)
    with pytest.raises(NotYet, match="AssumeRoleUnauthorizedAccess") as failure:
        metadata.credentials()
    assert failure.value.code == "credentials_missing"
    assert "trust policy" in failure.value.hint


@pytest.mark.parametrize(
    "body",
    [
        "<html>Please log in</html>",
        '["a", "list"]',
        '{"instanceId": "i-0123456789abcdef0"}',
        '{"instanceId": ',
        "null",
        "[" * 100_000,
    ],
)
def test_a_garbled_identity_document_is_an_error(
    imds: LabImds, metadata: ImdsMetadata, body: str
) -> None:
    imds.faults.add(DOCUMENT, body=body)
    with pytest.raises(ExternalFailure) as failure:
        metadata.identity()
    assert failure.value.code == "imds_garbled"


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-06", "now"]
)
def test_a_moment_that_is_none_is_an_error(
    imds: LabImds, metadata: ImdsMetadata, moment: str
) -> None:
    imds.faults.add(ROLE, body=json.dumps({**CREDENTIALS, "Expiration": moment}))
    with pytest.raises(ExternalFailure) as failure:
        metadata.credentials()
    assert failure.value.code == "imds_garbled"


@pytest.mark.parametrize("field", ["instanceId", "region", "privateIp", "pendingTime"])
def test_a_null_in_the_identity_document_is_an_error(
    imds: LabImds, metadata: ImdsMetadata, field: str
) -> None:
    document = {
        "accountId": "123456789012",
        "availabilityZone": "us-east-1a",
        "instanceId": "i-0123456789abcdef0",
        "instanceType": "r7g.large",
        "pendingTime": "2026-02-06T12:00:00Z",
        "privateIp": "10.0.16.10",
        "region": "us-east-1",
    }
    imds.faults.add(DOCUMENT, body=json.dumps(document), times=1)
    metadata.identity()
    imds.faults.add(DOCUMENT, body=json.dumps({**document, field: None}))
    with pytest.raises(ExternalFailure) as failure:
        metadata.identity()
    assert failure.value.code == "imds_garbled"


CREDENTIALS = {
    "Code": "Success",
    "AccessKeyId": "ASIA",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2026-02-06T18:00:00Z",
}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Code": "Success"},
        {**CREDENTIALS, "Expiration": "soon"},
        {**CREDENTIALS, "Expiration": "2026-02-06T18:00:00"},
        {**CREDENTIALS, "Expiration": 1770400800},
        {**CREDENTIALS, "SecretAccessKey": None},
        ["Success"],
    ],
)
def test_garbled_credentials_are_an_error(
    imds: LabImds, metadata: ImdsMetadata, document: object
) -> None:
    imds.faults.add(ROLE, body=json.dumps(document))
    with pytest.raises(ExternalFailure) as failure:
        metadata.credentials()
    assert failure.value.code == "imds_garbled"


def test_metadata_without_a_network_interface_is_an_error(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.faults.add("/latest/meta-data/mac", status=404)
    with pytest.raises(ExternalFailure, match="has no meta-data/mac") as failure:
        metadata.identity()
    assert failure.value.code == "imds_incomplete"


def test_an_error_does_not_repeat_what_the_credentials_were(
    imds: LabImds, metadata: ImdsMetadata
) -> None:
    imds.faults.add(ROLE, body='{"Code": "Success", "SecretAccessKey": "hush"}')
    with pytest.raises(ExternalFailure) as failure:
        metadata.credentials()
    assert "hush" not in "".join(error_chain(failure.value))
