"""Whether the files are what the manifest says, at each depth."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.databases import DATABASE_UUID, database_bytes
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Cancelled, DeadlineExceeded, Refused
from ladybug_agent.resources.contents.database import verify_database
from ladybug_agent.resources.contents.database_file import PAGE_BYTES
from ladybug_agent.resources.contents.directory import opened_directory
from ladybug_agent.resources.contents.manifest import (
    FILE_NAME,
    MOST_BYTES,
    DatabaseContract,
    FileContract,
    Manifest,
    sample_offsets,
)
from ladybug_agent.resources.contents.manifest_check import Depth, check_database, read_manifest
from support.damage import flipped_bytes
from support.manifests import altered, contract_of, file_contract, manifest_of, write_manifest

DEPTHS: tuple[Depth, ...] = ("names", "sampled", "full")
PAGES = 200
SAMPLED = [offset // PAGE_BYTES for offset in sample_offsets(PAGES * PAGE_BYTES)]
UNSAMPLED = [page for page in range(PAGES) if page not in SAMPLED]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of more pages than are sampled, with its log."""
    file = tmp_path / "sec.lbug"
    file.write_bytes(database_bytes(pages=PAGES))
    wal_of(file).write_bytes(DATABASE_UUID.bytes + b"\1" * 5000)
    return file


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def check(
    path: Path, manifest: Manifest, depth: Depth, deadline: Deadline | None = None
) -> DatabaseContract:
    with opened_directory(path.parent) as directory:
        database = verify_database(directory, path.stem, os.getuid())
        limit = deadline or Deadline.after(60, FakeClock())
        return check_database(directory, database, manifest, depth, limit)


def refused(path: Path, manifest: Manifest, depth: Depth) -> AgentError:
    with pytest.raises(Refused) as caught:
        check(path, manifest, depth)
    return caught.value


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_untouched_database_passes(path: Path, depth: Depth) -> None:
    contract = contract_of(path)
    assert check(path, altered(contract), depth) == contract


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_untouched_database_without_a_log_passes(path: Path, depth: Depth) -> None:
    wal_of(path).unlink()
    assert check(path, manifest_of(path), depth).wal is None


@pytest.mark.parametrize("page", [SAMPLED[1], SAMPLED[40], SAMPLED[-1]])
def test_a_flipped_byte_in_a_sampled_page_is_found(path: Path, page: int) -> None:
    manifest = manifest_of(path)
    flipped_bytes(path, page * PAGE_BYTES + 4095)
    check(path, manifest, "names")
    for depth in ("sampled", "full"):
        error = refused(path, manifest, depth)
        assert (error.code, str(path) in str(error)) == ("snapshot_database_altered", True)
    assert f"the page at byte {page * PAGE_BYTES} of" in str(refused(path, manifest, "sampled"))


@pytest.mark.parametrize("page", [UNSAMPLED[0], UNSAMPLED[-1]])
def test_a_flipped_byte_between_the_samples_is_found_by_a_full_check_only(
    path: Path, page: int
) -> None:
    manifest = manifest_of(path)
    flipped_bytes(path, page * PAGE_BYTES)
    check(path, manifest, "sampled")
    error = refused(path, manifest, "full")
    assert (error.code, "the file as a whole of" in str(error)) == (
        "snapshot_database_altered",
        True,
    )


@pytest.mark.parametrize("offset", [16, 5015])
def test_a_flipped_byte_of_the_log_is_found(path: Path, offset: int) -> None:
    manifest = manifest_of(path)
    flipped_bytes(wal_of(path), offset)
    for depth in ("sampled", "full"):
        error = refused(path, manifest, depth)
        assert (error.code, "sec.lbug.wal" in str(error)) == ("snapshot_database_altered", True)


@pytest.mark.parametrize("depth", DEPTHS)
def test_another_size_is_found_without_a_look_inside(path: Path, depth: Depth) -> None:
    manifest = manifest_of(path)
    path.write_bytes(path.read_bytes() + bytes(PAGE_BYTES))
    error = refused(path, manifest, depth)
    assert error.code == "snapshot_manifest_differs"
    assert f"with {PAGES * PAGE_BYTES} bytes, found {(PAGES + 1) * PAGE_BYTES}" in str(error)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_longer_log_is_found(path: Path, depth: Depth) -> None:
    manifest = manifest_of(path)
    with wal_of(path).open("ab") as file:
        file.write(b"more")
    assert refused(path, manifest, depth).code == "snapshot_manifest_differs"


DIFFERENT: dict[str, tuple[dict[str, object], str]] = {
    "another database": ({"database_uuid": "f" * 8}, f"to be database {'f' * 8} of storage"),
    "another version": ({"storage_version": 42}, "of storage version 42, found"),
    "another name": ({"name": "industry"}, "the manifest lists 'industry', and not sec"),
    "no log": ({"wal": None}, "found a log beside"),
}


@pytest.mark.parametrize("difference", DIFFERENT)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_difference_is_found_at_every_depth(path: Path, depth: Depth, difference: str) -> None:
    changes, says = DIFFERENT[difference]
    error = refused(path, altered(contract_of(path), **changes), depth)
    assert (error.code, says in str(error)) == ("snapshot_manifest_differs", True), str(error)
    assert error.facts == {"database": "sec"}


def test_a_log_that_was_left_behind_is_found(path: Path) -> None:
    manifest = manifest_of(path)
    wal_of(path).unlink()
    error = refused(path, manifest, "names")
    assert (error.code, "found no log beside" in str(error)) == ("snapshot_manifest_differs", True)


def test_a_manifest_of_nothing_knows_no_database(path: Path) -> None:
    error = refused(path, replace(manifest_of(path), databases=()), "names")
    assert "the manifest lists nothing, and not sec" in str(error)


def test_an_empty_log_is_checked_like_any_other(path: Path) -> None:
    wal_of(path).write_bytes(b"")
    manifest = manifest_of(path)
    for depth in DEPTHS:
        check(path, manifest, depth)


def test_a_manifest_without_samples_is_a_check_of_names(path: Path) -> None:
    bare = replace(file_contract(path.read_bytes()), samples={})
    check(path, altered(contract_of(path), file=bare), "sampled")


@pytest.mark.parametrize(
    ("end", "kind"), [(Deadline.cancel, Cancelled), (lambda _: None, DeadlineExceeded)]
)
def test_a_full_check_ends_when_it_is_told_to(
    path: Path, end: Callable[[Deadline], None], kind: type[AgentError]
) -> None:
    over = Deadline.after(0, FakeClock())
    end(over)
    with pytest.raises(kind, match=r"all of .*sec\.lbug to be read"):
        check(path, manifest_of(path), "full", over)


def test_a_file_of_many_chunks_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "sec.lbug"
    path.write_bytes(database_bytes(pages=600))
    manifest = manifest_of(path)
    check(path, manifest, "full")
    flipped_bytes(path, 600 * PAGE_BYTES - 1)
    assert refused(path, manifest, "full").code == "snapshot_database_altered"


def read(directory: Path) -> Manifest | None:
    with opened_directory(directory) as opened:
        return read_manifest(opened)


def test_the_manifest_beside_the_databases_is_read(path: Path) -> None:
    assert read(path.parent) is None
    manifest = manifest_of(path)
    write_manifest(path.parent, manifest)
    assert read(path.parent) == manifest


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is not JSON"), (b"{}", "has no schema"), (b"[" * 10**6, "is not JSON")],
)
def test_a_manifest_that_cannot_be_read_is_refused(path: Path, content: bytes, says: str) -> None:
    (path.parent / FILE_NAME).write_bytes(content)
    with pytest.raises(Refused, match=says) as caught:
        read(path.parent)
    assert caught.value.code == "snapshot_manifest_unreadable"


def test_a_manifest_that_is_too_large_is_not_even_read(path: Path) -> None:
    manifest = write_manifest(path.parent, manifest_of(path))
    os.truncate(manifest, MOST_BYTES + 1)
    with pytest.raises(Refused, match="more than a manifest has") as caught:
        read(path.parent)
    assert caught.value.code == "snapshot_manifest_unreadable"


def test_a_manifest_of_the_largest_size_is_read_as_a_whole(path: Path) -> None:
    file = write_manifest(path.parent, manifest_of(path))
    file.write_bytes(file.read_bytes().ljust(MOST_BYTES, b" "))
    assert read(path.parent) == manifest_of(path)


def test_a_contract_is_of_plain_facts() -> None:
    assert file_contract(b"") == FileContract(
        size_bytes=0,
        sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        samples={},
    )
