"""One suite for the places that hot maps are kept in, and for the fake that stands for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from contract.support.aws import ONCE, REGION, point_at, quick_clients
from contract.support.http_server import Exchange, serving
from contract.support.timing import ends_within
from fakes.hydration import FakeMapStore
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.map_directory import DirectoryMapStore
from ladybug_agent.adapters.s3 import S3MapStore
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.ports.hydration import MapStore
from ladybug_lab.aws.server import LabAws

BUCKET = "hot-maps"
PREFIX = "prod/replicas"
IDENTITY = "0db0db0d-0000-4000-8000-00000000000a"
OTHER = "0db0db0d-0000-4000-8000-00000000000b"
MOST_BYTES = 100_000
OWNER = "123456789012"
Respond = Callable[[Exchange], None]


def s3_store(clients: AwsClients, *, owner: str = "", prefix: str = PREFIX) -> S3MapStore:
    return S3MapStore(clients, BUCKET, prefix, owner=owner, most_bytes=MOST_BYTES)


@pytest.fixture
def bucket(aws: LabAws, clients: AwsClients) -> AwsClients:
    """Make the bucket; return clients that find it."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.calls.clear()
    return clients


@pytest.fixture(params=["fake", "directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MapStore:
    if request.param == "fake":
        return FakeMapStore()
    if request.param == "directory":
        return DirectoryMapStore(tmp_path / "maps", most_bytes=MOST_BYTES)
    return s3_store(request.getfixturevalue("bucket"))


def version_of(store: MapStore, identity: str = IDENTITY) -> str:
    stored = store.load(identity)
    assert stored
    return stored.version


def data_of(store: MapStore, identity: str = IDENTITY) -> bytes | None:
    stored = store.load(identity)
    return stored.data if stored else None


def test_a_map_that_nobody_stored_is_none(store: MapStore) -> None:
    assert store.load(IDENTITY) is None


@pytest.mark.parametrize("data", [b"a map", b"", bytes(range(256)) * 100], ids=len)
def test_a_map_comes_back_as_it_was_stored(store: MapStore, data: bytes) -> None:
    assert store.replace(IDENTITY, data, version=None)
    assert data_of(store) == data


def test_a_map_is_replaced_by_who_has_seen_it(store: MapStore) -> None:
    store.replace(IDENTITY, b"one", version=None)
    assert store.replace(IDENTITY, b"two", version=version_of(store))
    assert data_of(store) == b"two"


def test_a_map_that_is_there_is_not_taken_for_none(store: MapStore) -> None:
    store.replace(IDENTITY, b"one", version=None)
    assert not store.replace(IDENTITY, b"two", version=None)
    assert data_of(store) == b"one"


def test_who_was_overtaken_replaces_nothing(store: MapStore) -> None:
    store.replace(IDENTITY, b"one", version=None)
    seen = version_of(store)
    store.replace(IDENTITY, b"two", version=seen)
    assert not store.replace(IDENTITY, b"three", version=seen)
    assert data_of(store) == b"two"


def test_each_database_has_a_map_of_its_own(store: MapStore) -> None:
    store.replace(IDENTITY, b"one", version=None)
    assert store.load(OTHER) is None
    store.replace(OTHER, b"two", version=None)
    assert (data_of(store), data_of(store, OTHER)) == (b"one", b"two")


def test_of_two_that_store_the_first_map_at_once_one_does(store: MapStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(
            pool.map(
                lambda n: store.replace(IDENTITY, b"%d" % n, version=None),
                range(8),
            )
        )
    assert stored.count(True) == 1
    assert data_of(store) == b"%d" % stored.index(True)


def test_of_two_that_replace_a_map_at_once_one_does(store: MapStore) -> None:
    store.replace(IDENTITY, b"before", version=None)
    seen = version_of(store)
    with ThreadPoolExecutor(8) as pool:
        stored = list(
            pool.map(
                lambda n: store.replace(IDENTITY, b"%d" % n, version=seen),
                range(8),
            )
        )
    assert stored.count(True) == 1
    assert data_of(store) == b"%d" % stored.index(True)


@pytest.mark.parametrize("kind", ["directory", "s3"])
def test_a_map_that_was_deleted_meanwhile_is_not_replaced(
    kind: str, tmp_path: Path, aws: LabAws, bucket: AwsClients
) -> None:
    """Who recorded it looks again, and stores the first map then."""
    directory = tmp_path / "maps"
    store: MapStore = (
        s3_store(bucket) if kind == "s3" else DirectoryMapStore(directory, most_bytes=MOST_BYTES)
    )
    store.replace(IDENTITY, b"one", version=None)
    seen = version_of(store)
    if kind == "s3":
        aws.client("s3").delete_object(Bucket=BUCKET, Key=f"{PREFIX}/{IDENTITY}.hotmap")
    else:
        (directory / f"{IDENTITY}.hotmap").unlink()
    assert not store.replace(IDENTITY, b"two", version=seen)
    assert store.replace(IDENTITY, b"two", version=None)


def test_a_map_in_a_directory_is_a_file_by_its_uuid(tmp_path: Path) -> None:
    store = DirectoryMapStore(tmp_path / "maps", most_bytes=MOST_BYTES)
    store.replace(IDENTITY, b"one", version=None)
    assert (tmp_path / "maps" / f"{IDENTITY}.hotmap").read_bytes() == b"one"
    assert store.where == f"{tmp_path}/maps"


def test_a_file_that_was_put_there_by_hand_is_a_map(tmp_path: Path) -> None:
    (tmp_path / f"{IDENTITY}.hotmap").write_bytes(b"by hand")
    store = DirectoryMapStore(tmp_path, most_bytes=MOST_BYTES)
    assert data_of(store) == b"by hand"
    assert store.replace(IDENTITY, b"two", version=version_of(store))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / f"{IDENTITY}.hotmap").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ExternalFailure, match="at most 100000 are read") as failure:
        DirectoryMapStore(tmp_path, most_bytes=MOST_BYTES).load(IDENTITY)
    assert failure.value.code == "hot_map_too_large"


@pytest.mark.parametrize("act", ["load", "replace"])
def test_a_directory_that_cannot_be_used_is_an_error(tmp_path: Path, act: str) -> None:
    (tmp_path / "maps").write_text("in the way")
    store = DirectoryMapStore(tmp_path / "maps" / "below", most_bytes=MOST_BYTES)
    with pytest.raises(ExternalFailure, match="cannot use the directory") as failure:
        store.load(IDENTITY) if act == "load" else store.replace(IDENTITY, b"one", version=None)
    assert failure.value.code == "hot_map_store_unusable"


def test_what_is_no_file_is_an_error_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{IDENTITY}.hotmap")
    with pytest.raises(ExternalFailure) as failure:
        DirectoryMapStore(tmp_path, most_bytes=MOST_BYTES).load(IDENTITY)
    assert failure.value.code == "hot_map_store_unusable"


def test_a_map_in_s3_is_an_object_below_the_prefix(aws: LabAws, bucket: AwsClients) -> None:
    store = s3_store(bucket)
    store.replace(IDENTITY, b"one", version=None)
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [found["Key"] for found in listed] == [f"{PREFIX}/{IDENTITY}.hotmap"]
    assert store.where == f"s3://{BUCKET}/{PREFIX}"


def test_without_a_prefix_a_map_is_at_the_top(aws: LabAws, bucket: AwsClients) -> None:
    store = s3_store(bucket, prefix="")
    store.replace(IDENTITY, b"one", version=None)
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [found["Key"] for found in listed] == [f"{IDENTITY}.hotmap"]


def test_an_object_that_is_too_large_is_not_read_to_its_end(
    aws: LabAws, bucket: AwsClients
) -> None:
    aws.client("s3").put_object(
        Bucket=BUCKET, Key=f"{PREFIX}/{IDENTITY}.hotmap", Body=bytes(MOST_BYTES + 1)
    )
    with pytest.raises(ExternalFailure, match="more than 100000 bytes") as failure:
        s3_store(bucket).load(IDENTITY)
    assert failure.value.code == "hot_map_too_large"


def failure_of(store: MapStore, act: str) -> ExternalFailure:
    with pytest.raises(ExternalFailure) as failure:
        store.load(IDENTITY) if act == "load" else store.replace(IDENTITY, b"one", version=None)
    return failure.value


@pytest.mark.parametrize(("act", "action"), [("load", "GetObject"), ("replace", "PutObject")])
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("AccessDenied", 403, "aws_access_denied"),
        ("SlowDown", 503, "aws_throttled"),
        ("InternalError", 500, "aws_call_failed"),
        ("NoSuchBucket", 404, "aws_call_failed"),
    ],
)
def test_a_call_that_fails_is_tried_once_and_named(  # noqa: PLR0913, PLR0917
    aws: LabAws, bucket: AwsClients, act: str, action: str, fault: str, status: int, code: str
) -> None:
    aws.faults.add(action, code=fault, status=status)
    failure = failure_of(s3_store(bucket), act)
    assert failure.code == code
    assert f"s3:{action} on {BUCKET}/{PREFIX}/{IDENTITY}.hotmap" in str(failure)
    assert aws.calls == [("s3", action)]


@pytest.mark.parametrize(("act", "action"), [("load", "GetObject"), ("replace", "PutObject")])
def test_a_connection_that_is_dropped_is_an_error(
    aws: LabAws, bucket: AwsClients, act: str, action: str
) -> None:
    aws.faults.add(action, drop=True)
    assert failure_of(s3_store(bucket), act).code == "aws_unreachable"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Respond], S3MapStore]]:
    """Return what makes a store whose S3 answers so."""
    with ExitStack() as stack:

        def make(respond: Respond) -> S3MapStore:
            server = stack.enter_context(serving(respond))
            point_at(server.url, monkeypatch)
            return s3_store(quick_clients(ONCE), owner=OWNER)

        yield make


Stub = Callable[[Respond], S3MapStore]


def refused(status: int, code: str) -> Respond:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    return lambda exchange: exchange.answer(status, body, **{"Content-Type": "application/xml"})


@pytest.mark.parametrize("act", ["load", "replace"])
def test_the_owner_of_the_bucket_is_asked_for(stub: Stub, act: str) -> None:
    """A bucket of our name that is somebody else's gives us nothing, and gets nothing."""
    owners: list[str | None] = []

    def respond(exchange: Exchange) -> None:
        owners.append(exchange.headers.get("x-amz-expected-bucket-owner"))
        refused(403, "AccessDenied")(exchange)

    assert failure_of(stub(respond), act).code == "aws_access_denied"
    assert owners == [OWNER]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (412, "PreconditionFailed"),
        (409, "ConditionalRequestConflict"),
        (404, "NoSuchKey"),
    ],
    ids=["changed", "being written", "deleted"],
)
def test_every_way_in_which_s3_says_that_the_map_is_another(
    stub: Stub, status: int, code: str
) -> None:
    store = stub(refused(status, code))
    assert not store.replace(IDENTITY, b"two", version='"seen"')


@pytest.mark.parametrize("act", ["load", "replace"])
def test_a_bucket_of_another_region_that_cannot_be_found_out_is_an_error(
    stub: Stub, act: str
) -> None:
    failure = failure_of(stub(refused(301, "PermanentRedirect")), act)
    assert failure.code == "aws_call_failed"
    assert "PermanentRedirect" in str(failure)


def test_a_body_that_is_cut_off_is_an_error(stub: Stub) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Content-Length": "1000", "ETag": '"one"'})
        exchange.write("the beginning")
        exchange.cut()

    assert failure_of(stub(respond), "load").code == "aws_unreachable"


@pytest.mark.thorough
def test_a_body_that_does_not_end_is_given_up(stub: Stub) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.start(200, **{"Content-Length": "1000", "ETag": '"one"'})
        exchange.write("the beginning")
        exchange.hold(30)

    with ends_within(8):
        assert failure_of(stub(respond), "load").code == "aws_unreachable"


@pytest.mark.parametrize("respond", [refused(200, "x"), lambda e: e.answer(200, "<html>")])
def test_what_is_not_s3_is_named(stub: Stub, respond: Respond) -> None:
    failure = failure_of(stub(respond), "load")
    assert (failure.code, "proxy" in failure.hint) == ("aws_call_failed", True)


def test_the_region_is_where_the_instance_is(aws: LabAws, bucket: AwsClients) -> None:
    del aws
    assert bucket.client("s3", "once").meta.region_name == REGION
