"""One database: whole by its own header, and refused with a code of its own if it is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.databases import (
    DATABASE_UUID,
    database_bytes,
    header_bytes,
    never_checkpointed_bytes,
)
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.resources.contents.database import Database, verify_database
from ladybug_agent.resources.contents.database_file import PAGE_BYTES
from ladybug_agent.resources.contents.directory import opened_directory

UID = os.getuid()  # of whoever runs the tests, and so owns the files
WAL = DATABASE_UUID.bytes + b"\0" * 100


def verify(directory: Path, name: str = "sec", uid: int = UID) -> Database:
    with opened_directory(directory) as opened:
        return verify_database(opened, name, uid)


def refused(directory: Path, name: str = "sec", uid: int = UID) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(directory, name, uid)
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good database."""
    file = tmp_path / "sec.lbug"
    file.write_bytes(database_bytes())
    return file


def test_a_whole_database_is_what_its_header_says(path: Path) -> None:
    found = verify(path.parent)
    assert (found.name, found.file_name, found.size_bytes) == ("sec", "sec.lbug", 3 * PAGE_BYTES)
    assert found.header.database_uuid == str(DATABASE_UUID)
    assert (found.wal, found.pending, found.warnings) == (None, (), ())


def test_verifying_changes_nothing(path: Path) -> None:
    before = path.stat()
    verify(path.parent)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
    assert list(path.parent.iterdir()) == [path]


def test_a_longer_file_is_worth_a_word(path: Path) -> None:
    path.write_bytes(database_bytes() + b"\0" * PAGE_BYTES)
    assert verify(path.parent).warnings == ("longer than the 3 pages that its header counts",)


def test_a_longer_file_whose_header_counts_nothing_is_not(path: Path) -> None:
    path.write_bytes(header_bytes() + database_bytes(pages=9)[len(header_bytes()) :])
    assert verify(path.parent).warnings == ()


def test_a_longer_file_with_a_log_is_as_it_should_be(path: Path) -> None:
    path.write_bytes(database_bytes() + b"\0" * PAGE_BYTES)
    path.with_name("sec.lbug.wal").write_bytes(WAL)
    assert verify(path.parent).warnings == ("116 bytes of log are replayed at every start",)


def test_a_log_is_part_of_the_database(path: Path) -> None:
    path.with_name("sec.lbug.wal").write_bytes(WAL)
    found = verify(path.parent).wal
    assert found is not None
    assert (found.suffix, found.size_bytes) == (".wal", len(WAL))


def test_a_log_that_was_begun_and_not_written_to_is_no_warning(path: Path) -> None:
    path.with_name("sec.lbug.wal").touch()
    assert verify(path.parent).warnings == ()


def test_a_missing_database_is_refused_with_what_is_there(path: Path) -> None:
    error = refused(path.parent, "industry")
    assert (error.code, error.facts) == ("snapshot_database_missing", {"database": "industry"})
    assert str(error).endswith("industry.lbug, found sec.lbug")


def test_a_directory_without_any_database_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    error = refused(tmp_path)
    assert error.code == "snapshot_without_databases"
    assert str(error).endswith("found no database at all, but lost+found")
    assert 'data.mode = "empty"' in error.hint


def test_an_empty_database_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    error = refused(path.parent)
    assert (error.code, str(error)) == ("snapshot_database_empty", f"{path} has no bytes")


@pytest.mark.parametrize(
    "head",
    [
        header_bytes(page_count=100),
        header_bytes(catalog=(99, 1)),
        header_bytes(metadata=(98, 2)),
    ],
    ids=["by its page count", "by its catalog", "by its metadata"],
)
def test_a_truncated_database_is_refused(head: bytes, path: Path) -> None:
    path.write_bytes(head.ljust(100 * PAGE_BYTES - 1, b"\1"))
    error = refused(path.parent)
    assert (error.code, str(error)) == (
        "snapshot_database_truncated",
        f"{path} has 409599 bytes, its header needs 409600",
    )


@pytest.mark.parametrize("lost", [1, PAGE_BYTES - 1])
def test_a_file_that_ends_within_a_page_is_refused(lost: int, path: Path) -> None:
    path.write_bytes(database_bytes(pages=3) + b"\1" * (PAGE_BYTES - lost))
    error = refused(path.parent)
    assert error.code == "snapshot_database_truncated"
    assert str(error).endswith(f"has {4 * PAGE_BYTES - lost} bytes, wanted whole pages of 4096")


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_of_zeros_where_the_catalog_or_metadata_is_is_refused(page: int, path: Path) -> None:
    content = bytearray(database_bytes())
    content[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(content)
    error = refused(path.parent)
    assert (error.code, f"only zeros in page {page}," in str(error)) == (
        "snapshot_database_zeroed",
        True,
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header_bytes(magic=b"KUZU").ljust(PAGE_BYTES, b"\0"), "starts with b'KUZU'"),
        (b"\0" * PAGE_BYTES, r"starts with b'\x00\x00\x00\x00'"),
        (b"LBUG", "is shorter than its header (4 of 49 bytes)"),
        (b"<html>404</html>", "is shorter than its header (16 of 49 bytes)"),
    ],
    ids=["another engine's", "zeros", "too short", "rubbish"],
)
def test_a_foreign_file_is_refused(content: bytes, says: str, path: Path) -> None:
    path.write_bytes(content)
    error = refused(path.parent)
    assert (error.code, says in str(error)) == ("snapshot_database_foreign", True)


@pytest.mark.parametrize(
    "make",
    [lambda path: path.symlink_to("real.lbug"), lambda path: path.mkdir(), os.mkfifo],
    ids=["link", "directory", "pipe"],
)
def test_what_is_no_regular_file_is_refused(path: Path, make: Callable[[Path], None]) -> None:
    path.rename(path.with_name("real.lbug"))
    make(path)
    error = refused(path.parent)
    assert (error.code, "is not a regular file" in str(error)) == (
        "snapshot_database_foreign",
        True,
    )


@pytest.mark.parametrize("name", ["sec.lbug", "sec.lbug.wal"])
def test_what_the_container_cannot_read_is_refused(path: Path, name: str) -> None:
    path.with_name("sec.lbug.wal").write_bytes(WAL)
    path.with_name(name).chmod(0o600)
    error = refused(path.parent, uid=UID + 4242)
    assert (error.code, f"{name} has mode 0600" in str(error)) == (
        "snapshot_unreadable_by_container",
        True,
    )


def test_a_database_that_was_never_checkpointed_needs_its_log(path: Path) -> None:
    path.write_bytes(never_checkpointed_bytes().ljust(PAGE_BYTES, b"\0"))
    assert refused(path.parent).code == "snapshot_database_without_tables"
    path.with_name("sec.lbug.wal").touch()
    assert refused(path.parent).code == "snapshot_database_without_tables"
    path.with_name("sec.lbug.wal").write_bytes(WAL)
    assert verify(path.parent).header.root_pages == ()


@pytest.mark.parametrize("suffix", [".shadow", ".wal.checkpoint"])
def test_a_first_checkpoint_that_was_cut_in_two_is_pending(path: Path, suffix: str) -> None:
    path.write_bytes(never_checkpointed_bytes().ljust(PAGE_BYTES, b"\0"))
    path.with_name(f"sec.lbug{suffix}").touch()
    assert verify(path.parent).pending == (f"sec.lbug{suffix}",)


def read_where_nothing_is_mapped() -> None:
    """Get what a bad block gives: EIO."""
    with opened_directory(Path("/proc/self")) as opened, opened.file("mem") as found:
        assert found is not None
        os.pread(found[0], 1, 0)


def test_an_io_error_is_one_of_the_volume() -> None:
    with pytest.raises(ExternalFailure) as caught:
        read_where_nothing_is_mapped()
    assert caught.value.code == "snapshot_unreadable"
