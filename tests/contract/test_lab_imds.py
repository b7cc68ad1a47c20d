"""The lab's metadata service, asked over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.utils import InstanceMetadataFetcher, InstanceMetadataRegionFetcher

from ladybug_lab.imds.server import DROPPED, Credentials, ImdsRequest, InstanceFacts, LabImds

TOKEN_PATH = "/latest/api/token"
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
INSTANCE_ID = "/latest/meta-data/instance-id"
FACTS = InstanceFacts(
    launch_time=datetime(2026, 2, 6, 12, tzinfo=UTC),
    tags={"Environment": "lab", "NodeType": "shared_replica"},
)


@pytest.fixture
def imds() -> Iterator[LabImds]:
    with LabImds(FACTS) as running:
        yield running


def ask(
    imds: LabImds, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, str]:
    with closing(connect(imds)) as connection:
        return ask_on(connection, path, headers, method)


def connect(imds: LabImds) -> http.client.HTTPConnection:
    host, _, port = imds.endpoint.removeprefix("http://").rpartition(":")
    return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=5)


def ask_on(
    connection: http.client.HTTPConnection,
    path: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
) -> tuple[int, str]:
    connection.request(method, path, headers=headers or {})
    with connection.getresponse() as response:
        return response.status, response.read().decode()


def token(imds: LabImds, ttl_s: int = 60) -> dict[str, str]:
    status, text = ask(imds, TOKEN_PATH, {TTL: str(ttl_s)}, "PUT")
    assert status == 200
    return {"X-aws-ec2-metadata-token": text}


def read(imds: LabImds, path: str) -> str:
    status, text = ask(imds, path, token(imds))
    assert status == 200
    return text


def has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_nothing_is_said_without_a_token(imds: LabImds) -> None:
    assert ask(imds, INSTANCE_ID)[0] == 401
    assert ask(imds, "/latest/meta-data/nowhere")[0] == 401
    assert ask(imds, INSTANCE_ID, {"X-aws-ec2-metadata-token": "made-up"})[0] == 401


def test_an_error_carries_a_page_that_a_careless_client_would_take_for_a_value(
    imds: LabImds,
) -> None:
    assert "401 - Unauthorized" in ask(imds, INSTANCE_ID)[1]


def test_a_token_ends_when_its_time_is_up() -> None:
    clock = [100.0]
    with LabImds(FACTS, now=lambda: clock[0]) as imds:
        headers = token(imds, ttl_s=30)
        clock[0] = 129.0
        assert ask(imds, INSTANCE_ID, headers)[0] == 200
        clock[0] = 130.0
        assert ask(imds, INSTANCE_ID, headers)[0] == 401


def test_all_tokens_can_be_expired_at_once(imds: LabImds) -> None:
    headers = token(imds)
    imds.expire_tokens()
    assert ask(imds, INSTANCE_ID, headers)[0] == 401
    assert read(imds, INSTANCE_ID) == FACTS.instance_id


@pytest.mark.parametrize("ttl", ["0", "21601", "-1", "soon", ""])
def test_a_token_needs_a_lifetime_of_1_to_21600_s(imds: LabImds, ttl: str) -> None:
    assert ask(imds, TOKEN_PATH, {TTL: ttl}, "PUT")[0] == 400


def test_a_token_needs_to_be_asked_for_with_a_lifetime(imds: LabImds) -> None:
    assert ask(imds, TOKEN_PATH, method="PUT")[0] == 400


def test_a_proxied_request_gets_no_token(imds: LabImds) -> None:
    headers = {TTL: "60", "X-Forwarded-For": "10.0.0.1"}
    assert ask(imds, TOKEN_PATH, headers, "PUT")[0] == 403


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("instance-id", FACTS.instance_id),
        ("instance-type", "r7g.large"),
        ("ami-id", FACTS.image_id),
        ("local-ipv4", "10.0.16.10"),
        ("local-hostname", "ip-10-0-16-10.ec2.internal"),
        ("mac", FACTS.mac),
        ("placement/region", "us-east-1"),
        ("placement/availability-zone", "us-east-1a"),
        (f"network/interfaces/macs/{FACTS.mac}/vpc-id", FACTS.vpc_id),
        (f"network/interfaces/macs/{FACTS.mac}/subnet-id", FACTS.subnet_id),
        (f"network/interfaces/macs/{FACTS.mac}/local-ipv4s", "10.0.16.10"),
        ("network/interfaces/macs/", f"{FACTS.mac}/"),
        ("block-device-mapping/", "ami\nebs1\nroot"),
        ("block-device-mapping/ebs1", "xvdf"),
        ("iam/", "info\nsecurity-credentials/"),
        ("iam/security-credentials/", "ladybug-shared-replica"),
        ("tags/instance/", "Environment\nNodeType"),
        ("tags/instance/NodeType", "shared_replica"),
    ],
)
def test_the_facts_are_found_where_aws_has_them(imds: LabImds, path: str, value: str) -> None:
    assert read(imds, f"/latest/meta-data/{path}") == value


def test_cloud_init_s_versions_have_what_the_latest_has(imds: LabImds) -> None:
    assert read(imds, "/2021-03-23/meta-data/instance-id") == FACTS.instance_id


def test_user_data_is_there_once_it_was_given(imds: LabImds) -> None:
    assert ask(imds, "/latest/user-data", token(imds))[0] == 404
    imds.facts = replace(FACTS, user_data="#!/bin/bash\n")
    assert read(imds, "/latest/user-data") == "#!/bin/bash\n"


@pytest.mark.parametrize(
    "path",
    [
        "/latest/meta-data/nowhere",
        "/latest/meta-data/instance",
        "/latest/meta-data/autoscaling/target-lifecycle-state",
        "/latest/meta-data/spot/instance-action",
        "/20090404/meta-data/instance-id",
        "/",
    ],
)
def test_what_does_not_exist_is_404(imds: LabImds, path: str) -> None:
    assert ask(imds, path, token(imds))[0] == 404


def test_a_directory_without_its_slash_is_a_redirect(imds: LabImds) -> None:
    assert ask(imds, "/latest/meta-data/block-device-mapping", token(imds))[0] == 301


def test_an_instance_without_a_role_has_no_credentials(imds: LabImds) -> None:
    imds.facts = replace(FACTS, role_name=None)
    assert ask(imds, "/latest/meta-data/iam/security-credentials/", token(imds))[0] == 404


def test_facts_can_change_under_a_running_service(imds: LabImds) -> None:
    imds.facts = replace(FACTS, target_lifecycle_state="Terminated")
    path = "/latest/meta-data/autoscaling/target-lifecycle-state"
    assert read(imds, path) == "Terminated"


def test_the_identity_document_has_the_fields_of_the_real_one(imds: LabImds) -> None:
    assert json.loads(read(imds, "/latest/dynamic/instance-identity/document")) == {
        "accountId": "123456789012",
        "architecture": "arm64",
        "availabilityZone": "us-east-1a",
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": FACTS.image_id,
        "instanceId": FACTS.instance_id,
        "instanceType": "r7g.large",
        "kernelId": None,
        "pendingTime": "2026-02-06T12:00:00Z",
        "privateIp": "10.0.16.10",
        "ramdiskId": None,
        "region": "us-east-1",
        "version": "2017-09-30",
    }


def test_botocore_finds_its_credentials_and_its_region_here(imds: LabImds) -> None:
    imds.credentials = Credentials(access_key_id="ASIAOTHER")
    settings = {"ec2_metadata_service_endpoint": imds.endpoint, "ec2_metadata_v1_disabled": True}
    found = InstanceMetadataFetcher(config=settings).retrieve_iam_role_credentials()
    assert (found["role_name"], found["access_key"]) == ("ladybug-shared-replica", "ASIAOTHER")
    assert InstanceMetadataRegionFetcher(config=settings).retrieve_region() == "us-east-1"


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1")
def test_the_service_speaks_ipv6() -> None:
    with LabImds(FACTS, host="::1") as imds:
        assert imds.endpoint.startswith("http://[::1]:")
        assert read(imds, INSTANCE_ID) == FACTS.instance_id


def test_a_fault_ends_after_its_number_of_times(imds: LabImds) -> None:
    imds.faults.add(TOKEN_PATH, status=503, times=2)
    statuses = [ask(imds, TOKEN_PATH, {TTL: "60"}, "PUT")[0] for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_faults_follow_one_another_and_are_cleared_together(imds: LabImds) -> None:
    headers = token(imds)
    imds.faults.add("/latest/meta-data/", status=500, times=1)
    imds.faults.add(INSTANCE_ID, body="")
    assert ask(imds, INSTANCE_ID, headers)[0] == 500
    assert ask(imds, INSTANCE_ID, headers) == (200, "")
    assert ask(imds, "/latest/meta-data/mac", headers) == (200, FACTS.mac)
    imds.faults.clear()
    assert ask(imds, INSTANCE_ID, headers) == (200, FACTS.instance_id)


def test_a_late_answer_is_the_true_one(imds: LabImds) -> None:
    headers = token(imds)
    imds.faults.add(INSTANCE_ID, delay_s=0.1)
    started = time.monotonic()
    assert ask(imds, INSTANCE_ID, headers) == (200, FACTS.instance_id)
    assert time.monotonic() - started >= 0.1


def test_a_dropped_connection_has_no_answer(imds: LabImds) -> None:
    imds.faults.add(INSTANCE_ID, drop=True, times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(imds, INSTANCE_ID)
    assert imds.requests == [ImdsRequest("GET", INSTANCE_ID, DROPPED)]


def test_every_request_is_recorded_with_its_status(imds: LabImds) -> None:
    ask(imds, INSTANCE_ID)
    read(imds, INSTANCE_ID)
    assert imds.requests == [
        ("GET", INSTANCE_ID, 401),
        ("PUT", TOKEN_PATH, 200),
        ("GET", INSTANCE_ID, 200),
    ]


def test_a_kept_alive_connection_serves_many_requests_and_ends_with_the_service() -> None:
    with LabImds(FACTS) as imds, closing(connect(imds)) as connection:
        headers = {
            "X-aws-ec2-metadata-token": ask_on(connection, TOKEN_PATH, {TTL: "60"}, "PUT")[1]
        }
        client_socket = connection.sock
        assert ask_on(connection, INSTANCE_ID, headers)[0] == 200
        assert connection.sock is client_socket
        imds.stop()
        assert client_socket.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((connection.host, connection.port), timeout=5)
