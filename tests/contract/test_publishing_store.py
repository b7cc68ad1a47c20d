"""One suite for S3 and for the fake that stands for it, and the whole verb against S3."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.support.aws import REGION, point_at
from fakes.store import FakeStore
from ladybug_agent import __version__
from ladybug_agent.errors import ConfigError, ExternalFailure, Refused
from ladybug_fleet import aws as fleet_aws
from ladybug_fleet.bundle.build import build_bundle, write_bundle
from ladybug_fleet.bundle.check import sidecar
from ladybug_fleet.publishing.artefact import Artefact
from ladybug_fleet.publishing.publish import publish_all
from ladybug_fleet.publishing.s3_store import S3Store, parse_place
from ladybug_fleet.publishing.store import Store
from ladybug_lab.aws.server import LabAws
from support.bundles import Workshop, small_workshop

pytestmark = pytest.mark.thorough

BUCKET = "artefacts"
FILE = Artefact("cloudformation/replicas.yaml", b"Resources: {}\n")
TAMPERED = b"Resources: []\n"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, aws: LabAws) -> LabAws:
    """The operator's own session, whose AWS is the lab's; with the bucket."""
    fleet_aws.session_for.cache_clear()  # of another test's environment
    point_at(aws.url, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws.client("s3").create_bucket(Bucket=BUCKET)
    return aws


@pytest.fixture(params=["fake", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeStore()
    request.getfixturevalue("session")
    return S3Store(fleet_aws.client("s3"), BUCKET, "ladybug/1.2.3")


def test_what_was_stored_is_there_with_its_size_and_digest(store: Store) -> None:
    assert store.put_new(FILE)
    found = store.look(FILE.name)
    assert found
    assert (found.size, found.digest) == (len(FILE.data), FILE.digest)
    assert store.read(FILE.name) == FILE.data


def test_what_was_never_stored_is_none(store: Store) -> None:
    assert store.look(FILE.name) is None


def test_nothing_is_stored_over_what_is_there(store: Store) -> None:
    store.put_new(FILE)
    assert not store.put_new(Artefact(FILE.name, TAMPERED))
    assert store.read(FILE.name) == FILE.data


def test_an_object_without_a_check_sum_says_that_it_has_none(session: LabAws) -> None:
    session.client("s3").put_object(Bucket=BUCKET, Key=f"x/{FILE.name}", Body=FILE.data)
    found = S3Store(fleet_aws.client("s3"), BUCKET, "x").look(FILE.name)
    assert found
    assert (found.size, found.digest) == (len(FILE.data), None)


@pytest.mark.parametrize("uri", ["", "artefacts/x", "s3://", "s3://A", "https://a/b", "s3:///x"])
def test_a_target_that_is_none_is_named(uri: str) -> None:
    with pytest.raises(ConfigError, match="s3://BUCKET/PREFIX") as caught:
        parse_place(uri)
    assert caught.value.code == "publish_target_invalid"


@pytest.mark.parametrize(
    ("operation", "code", "status", "wanted"),
    [
        ("PutObject", "AccessDenied", 403, "aws_access_denied"),
        ("HeadObject", "AccessDenied", 403, "aws_access_denied"),
        ("PutObject", "NoSuchBucket", 404, "aws_call_failed"),
        ("PutObject", "BadDigest", 400, "aws_call_failed"),
    ],
)
def test_what_s3_refuses_is_told_with_the_object(
    operation: str, code: str, status: int, wanted: str, session: LabAws
) -> None:
    session.faults.add(operation, code=code, status=status)
    store = S3Store(fleet_aws.client("s3"), BUCKET, "x")
    with pytest.raises(ExternalFailure) as caught:
        publish_all(store, [FILE], lambda _: None)
    assert (caught.value.code, f"s3://{BUCKET}/x/{FILE.name}" in str(caught.value)) == (
        wanted,
        True,
    )


def test_credentials_that_ran_out_are_told(session: LabAws) -> None:
    session.faults.add("PutObject", code="ExpiredToken", status=400)
    with pytest.raises(ExternalFailure, match="s3:PutObject") as caught:
        S3Store(fleet_aws.client("s3"), BUCKET, "x").put_new(FILE)
    assert (caught.value.code, "sign in again" in caught.value.hint) == (
        "aws_credentials_rejected",
        True,
    )


def test_s3_that_throttles_is_asked_again(session: LabAws) -> None:
    session.faults.add("PutObject", code="SlowDown", status=503, times=1)
    assert S3Store(fleet_aws.client("s3"), BUCKET, "x").put_new(FILE)


def test_without_credentials_the_operator_is_told_what_to_try(
    session: LabAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigError, match="no credentials") as caught:
        S3Store(fleet_aws.client("s3"), BUCKET, "x").look(FILE.name)
    assert (caught.value.code, "get-caller-identity" in caught.value.hint) == (
        "aws_session_incomplete",
        True,
    )
    assert session.calls[-1] == ("s3", "CreateBucket")


def test_a_profile_that_is_not_there_is_told(session: LabAws) -> None:
    assert session
    with pytest.raises(ConfigError) as caught:
        fleet_aws.client("s3", profile="nobody")
    assert caught.value.code == "aws_session_incomplete"


def test_a_connection_that_breaks_under_an_upload_is_made_again(session: LabAws) -> None:
    session.faults.add("PutObject", drop=True, times=1)
    store = S3Store(fleet_aws.client("s3"), BUCKET, "x")
    assert [one.outcome for one in publish_all(store, [FILE], lambda _: None)] == ["uploaded"]


def test_s3_that_is_slow_is_waited_for(session: LabAws) -> None:
    session.faults.add("PutObject", delay_s=0.3, times=1)
    assert S3Store(fleet_aws.client("s3"), BUCKET, "x").put_new(FILE)


def test_s3_that_always_hangs_up_is_given_up(session: LabAws) -> None:
    session.faults.add("PutObject", drop=True)
    with pytest.raises(ExternalFailure, match="no connection to s3") as caught:
        S3Store(fleet_aws.client("s3"), BUCKET, "x").put_new(FILE)
    assert caught.value.code == "aws_unreachable"


def test_other_bytes_of_the_same_size_and_without_a_check_sum_are_seen(session: LabAws) -> None:
    assert len(TAMPERED) == len(FILE.data)
    session.client("s3").put_object(Bucket=BUCKET, Key=f"x/{FILE.name}", Body=TAMPERED)
    store = S3Store(fleet_aws.client("s3"), BUCKET, "x")
    with pytest.raises(Refused) as caught:
        publish_all(store, [FILE], lambda _: None)
    assert caught.value.code == "version_published_differently"


def test_a_call_never_waits_without_end(session: LabAws) -> None:
    assert session
    config = fleet_aws.client("s3").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 5}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A clone with a bundle in its `dist`."""
    made = small_workshop(tmp_path_factory.mktemp("workshop"))
    write_bundle(build_bundle(made.checkout, made.wheels, None), made.checkout.root / "dist")
    return made


def publish(workshop: Workshop, *more: str) -> subprocess.CompletedProcess[str]:
    root = workshop.checkout.root
    return subprocess.run(
        [
            *(sys.executable, "-m", "ladybug_fleet.cli"),
            *("publish", "--to", f"s3://{BUCKET}/ladybug/", *more),
        ],
        cwd=root, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(root / "agent")},
    )  # fmt: skip


def stored(session: LabAws, key: str) -> bytes:
    data: bytes = session.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return data


def test_a_published_version_is_whole_and_told(
    session: LabAws, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    done = publish(workshop, "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    uri = f"s3://{BUCKET}/ladybug/{__version__}"
    assert (told["schema"], told["uri"]) == ("ladybug.fleet-publish/1", uri)
    assert told["bundle_uri"] == f"{uri}/ladybug-agent-{__version__}.tar.gz"
    for file in told["files"]:
        data = stored(session, file["uri"].removeprefix(f"s3://{BUCKET}/"))
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
    assert told["files"][0]["sha256"] == told["sha256"]
    outputs = (tmp_path / "outputs").read_text()
    assert [
        name for name in ("version", "sha256", "bundle_uri", "uri") if name not in outputs
    ] == []


def test_publishing_again_is_good_and_changes_nothing(session: LabAws, workshop: Workshop) -> None:
    publish(workshop)
    session.calls.clear()
    done = publish(workshop, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {file["outcome"] for file in json.loads(done.stdout)["files"]} == {"was there"}
    assert {error.code for error in session.errors} == {"PreconditionFailed"}


def test_a_version_that_was_published_with_other_bytes_is_left_alone(
    session: LabAws, workshop: Workshop
) -> None:
    name = f"ladybug-agent-{__version__}.tar.gz"
    key = f"ladybug/{__version__}/{name}"
    session.client("s3").put_object(Bucket=BUCKET, Key=key, Body=TAMPERED)
    done = publish(workshop)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        f"version_published_differently: wanted to publish {key.rsplit('/', maxsplit=1)[-1]}"
        in done.stderr
    )
    assert stored(session, key) == TAMPERED


def test_finding_05_a_denied_upload_names_its_file(session: LabAws, workshop: Workshop) -> None:
    session.faults.add("PutObject", code="AccessDenied", status=403)
    done = publish(workshop)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"s3:PutObject on s3://{BUCKET}/ladybug/{__version__}/ladybug-agent" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_torn_bundle_is_not_published(
    session: LabAws, workshop: Workshop, tmp_path: Path
) -> None:
    source = next((workshop.checkout.root / "dist").glob("*.tar.gz"))
    torn = tmp_path / source.name
    torn.write_bytes(source.read_bytes()[:-100])
    sidecar(torn).write_bytes(sidecar(source).read_bytes())
    done = publish(workshop, "--bundle", str(torn))
    assert (done.returncode, "bundle_hash_mismatch" in done.stderr) == (1, True)
    assert "PutObject" not in [operation for _, operation in session.calls]
