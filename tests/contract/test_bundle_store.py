"""Support bundles in S3: in a bucket of our own account only, and encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.support.aws import point_at, quick_clients
from contract.support.http_server import Exchange, serving
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.bundle_store import S3BundleStore
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.server import LabAws

BUCKET = "support-bundles"
OWNER = "123456789012"
KEY = "replicas/ladybug-i-0abc-20260206T120000Z.tar.gz"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    path.write_bytes(b"packed" * 1000)
    return path


@pytest.fixture
def bucket(aws: LabAws, clients: AwsClients) -> AwsClients:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    encryption = {"Rules": [rule]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=encryption)
    aws.calls.clear()
    return clients


def test_a_bundle_is_uploaded_whole(aws: LabAws, bucket: AwsClients, bundle: Path) -> None:
    S3BundleStore(bucket, lambda: OWNER).put(bundle, BUCKET, KEY)
    stored = aws.client("s3").get_object(Bucket=BUCKET, Key=KEY)
    assert stored["Body"].read() == bundle.read_bytes()
    assert stored["ServerSideEncryption"] == "aws:kms"


def test_the_owner_of_the_bucket_is_named(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.answer(200, **{"x-amz-server-side-encryption": "AES256"})

    with serving(respond) as server:
        point_at(server.url, monkeypatch)
        S3BundleStore(quick_clients(), lambda: OWNER).put(bundle, BUCKET, KEY)
    assert [one.headers["x-amz-expected-bucket-owner"] for one in server.seen] == [OWNER]


def test_a_bucket_that_encrypts_nothing_is_told_of(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda exchange: exchange.answer(200)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ExternalFailure, match="names no encryption") as caught:
            S3BundleStore(quick_clients(), lambda: OWNER).put(bundle, BUCKET, KEY)
    assert caught.value.code == "support_bundle_not_encrypted"


def test_a_bucket_of_somebody_else_is_an_access_denied(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    with serving(lambda exchange: exchange.answer(403, body)) as server:
        point_at(server.url, monkeypatch)
        with pytest.raises(ExternalFailure, match=f"s3:PutObject.*{BUCKET}") as caught:
            S3BundleStore(quick_clients(), lambda: OWNER).put(bundle, BUCKET, KEY)
    assert caught.value.code == "aws_access_denied"
