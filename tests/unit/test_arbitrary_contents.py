"""Whatever lies on the volume: databases, logs and manifests are good, or refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.databases import DATABASE_UUID, header_bytes
from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database import verify_database
from ladybug_agent.resources.contents.database_file import (
    HEADER,
    PAGE_BYTES,
    HeaderError,
    parse_header,
)
from ladybug_agent.resources.contents.directory import opened_directory
from ladybug_agent.resources.contents.manifest import (
    SCHEMA,
    ManifestError,
    manifest_document,
    parse_manifest,
    sample_offsets,
)
from ladybug_agent.resources.contents.sidecars import PENDING, WAL, verify_wal
from support.arbitrary import inputs, partly, spelled

UID = os.getuid()
GOOD = header_bytes(page_count=3)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        yield Path(directory)


def damaged(spelling: bytes) -> bytes:
    """Return a good header with some of its bytes replaced, and cut at times."""
    head = bytearray(GOOD)
    for where, byte in zip(spelling[1::2], spelling[2::2], strict=False):
        head[where % len(head)] = byte
    return bytes(head[: spelling[0]] if spelling and spelling[0] < len(head) else head)


HEADS = st.binary(max_size=16).map(damaged)


@inputs(800)
@given(HEADS | st.binary(max_size=2 * HEADER.size))
@example(b"LBUG" + b"\xff" * HEADER.size)
def test_any_bytes_are_a_header_or_no_header(head: bytes) -> None:
    with suppress(HeaderError):
        header = parse_header(head)
        assert 1 <= header.pages_needed < 2**33
        assert header.page_count is None or header.page_count <= header.pages_needed


@inputs(500)
@given(head=HEADS, pages=st.integers(0, 600), spelling=st.binary(min_size=4, max_size=4))
def test_any_file_is_a_database_or_refused(
    scratch: Path, head: bytes, pages: int, spelling: bytes
) -> None:
    path = scratch / "sec.lbug"
    path.write_bytes(head.ljust(3 * PAGE_BYTES, b"\1"))
    os.truncate(path, pages * PAGE_BYTES // 8)
    sidecars = [path.with_name(path.name + suffix) for suffix in (WAL, *PENDING)]
    for sidecar, byte in zip(sidecars, spelling, strict=False):
        if byte > 170:
            sidecar.write_bytes((DATABASE_UUID.bytes * 2)[: byte % 32])
    with suppress(Refused), opened_directory(scratch) as directory:
        found = verify_database(directory, "sec", UID)
        assert found.size_bytes >= found.header.pages_needed * PAGE_BYTES
        assert found.size_bytes % PAGE_BYTES == 0
    for file in (path, *sidecars):
        file.unlink(missing_ok=True)


@inputs(500)
@given(st.binary(max_size=40) | st.binary(max_size=8).map(DATABASE_UUID.bytes.__add__))
def test_any_log_is_the_databases_own_or_refused(scratch: Path, content: bytes) -> None:
    (scratch / "sec.lbug.wal").write_bytes(content)
    is_own = not content or content[:16] == DATABASE_UUID.bytes
    with opened_directory(scratch) as directory, accepted_or_refused(is_own=is_own):
        found = verify_wal(directory, "sec.lbug", parse_header(GOOD), UID)
        assert found is not None
        assert found.size_bytes == len(content)


def accepted_or_refused(*, is_own: bool) -> AbstractContextManager[object]:
    return nullcontext() if is_own else pytest.raises(Refused, match=r"is the log of|ends within")


NAMES = ["sec.lbug", "x.lbug", "\udcff", "two\nlines", "a b", ".wal", "sec.lbug.shadow", "\u202e"]


@inputs(200)
@given(st.binary(max_size=6))
def test_whatever_names_are_there_a_refusal_can_be_written_down(
    scratch: Path, spelling: bytes
) -> None:
    directory = scratch / "databases"
    directory.mkdir()
    for byte in spelling:
        (directory / NAMES[byte % len(NAMES)]).touch()
    with opened_directory(directory) as opened, pytest.raises(Refused) as refusal:
        verify_database(opened, "industry", UID)
    assert str(refusal.value).isprintable()
    rmtree(directory)


DIGEST = "a" * 64
FILE = {"size_bytes": 8192, "sha256": DIGEST, "samples": {"0": DIGEST, "4096": DIGEST}}
DATABASE = {
    "name": "sec",
    "database_uuid": str(DATABASE_UUID),
    "storage_version": 41,
    "file": FILE,
    "wal": FILE,
    "tables": {"Filing": 3},
}
MANIFEST = {
    "schema": SCHEMA,
    "taken_at": "2026-02-06T11:00:00+00:00",
    "databases": [DATABASE],
    "source_volume_id": "vol-0bbbbbbbbbbbbbbbb",
}


def manifest_text(spelling: bytes) -> str:
    """Return a manifest with something wrong in it, in its database, or in a file of that."""
    file = spelled(spelling[10:], FILE)
    database = spelled(spelling[4:], {**DATABASE, "file": file})
    databases = [database] if spelling[0] % 4 else [database, database]
    return json.dumps(spelled(spelling, {**MANIFEST, "databases": databases}))


def assert_manifest_or_refused(text: bytes) -> None:
    with suppress(ManifestError):
        manifest = parse_manifest(text)
        again = json.dumps(manifest_document(manifest, "0")).encode()
        assert parse_manifest(again).databases == manifest.databases


@inputs(700)
@given(st.binary(min_size=13, max_size=13).map(manifest_text))
def test_any_document_is_a_manifest_or_refused(text: str) -> None:
    assert_manifest_or_refused(text.encode())


@inputs(300)
@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode))
@example(b"[" * 100_000)
def test_any_bytes_are_a_manifest_or_refused(text: bytes) -> None:
    assert_manifest_or_refused(text)


@inputs(300)
@given(samples=partly({str(4096 * page): DIGEST for page in range(4)}))
def test_any_samples_are_of_the_file_or_refused(samples: dict[str, object]) -> None:
    file = {**FILE, "samples": samples}
    document = {**MANIFEST, "databases": [{**DATABASE, "file": file}]}
    with suppress(ManifestError):
        (contract,) = parse_manifest(json.dumps(document).encode()).databases
        assert all(0 <= offset < 8192 for offset in contract.file.samples)


@inputs(400)
@given(size=st.integers(0, 2**63), count=st.integers(2, 100))
def test_samples_are_few_and_within_their_file(size: int, count: int) -> None:
    offsets = sample_offsets(size, count)
    assert len(offsets) <= count
    assert list(offsets) == sorted(set(offsets))
    assert all(0 <= offset < size and offset % 4096 == 0 for offset in offsets)
    assert bool(offsets) == bool(size)
