"""The contents of the snapshot: real files, whole or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.databases import (
    DATABASE_UUID,
    database_bytes,
    header_bytes,
    never_checkpointed_bytes,
)
from fakes.evidence import a_mount
from ladybug_agent.errors import Refused
from ladybug_agent.resources.database_file import PAGE_BYTES
from ladybug_agent.resources.snapshot import VerifiedSnapshot, verify_snapshot


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """The directory of databases on the volume, with a good `sec.lbug` in it."""
    directory = tmp_path / "databases"
    directory.mkdir()
    (directory / "sec.lbug").write_bytes(database_bytes())
    return directory


def verify(databases: Path, **overrides: object) -> VerifiedSnapshot:
    volume = databases.parent
    return verify_snapshot(a_mount(volume), a_config(volume, **overrides).data)


def refused(databases: Path, **overrides: object) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(databases, **overrides)
    return caught.value


def test_a_whole_database_is_verified(databases: Path) -> None:
    (database,) = verify(databases).databases
    assert (database.name, database.size_bytes, database.header.database_uuid) == (
        "sec",
        3 * PAGE_BYTES,
        str(DATABASE_UUID),
    )


def test_a_database_may_be_longer_than_its_header_needs(databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(database_bytes() + b"\0" * PAGE_BYTES)
    assert verify(databases).size_bytes == 4 * PAGE_BYTES


def test_every_expected_database_is_verified_in_order(databases: Path) -> None:
    (databases / "industry.lbug").write_bytes(database_bytes(pages=5))
    snapshot = verify(databases, **{"data.databases": ("industry", "sec")})
    assert [database.name for database in snapshot.databases] == ["industry", "sec"]
    assert snapshot.size_bytes == 8 * PAGE_BYTES


def test_what_nobody_expects_is_not_looked_at(databases: Path) -> None:
    (databases / "scratch.lbug").write_bytes(b"")
    assert len(verify(databases).databases) == 1


def test_a_database_that_was_never_checkpointed_is_one_page(databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(never_checkpointed_bytes().ljust(PAGE_BYTES, b"\0"))
    assert verify(databases).databases[0].header.pages_needed == 1


def test_verifying_changes_nothing(databases: Path) -> None:
    path = databases / "sec.lbug"
    before = path.stat()
    verify(databases)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, list(databases.iterdir())) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        [path],
    )


def test_a_missing_database_is_refused_with_what_is_there(databases: Path) -> None:
    error = refused(databases, **{"data.databases": ("industry",)})
    assert (error.code, error.facts) == ("snapshot_database_missing", {"database": "industry"})
    assert str(error).endswith("industry.lbug, found sec.lbug")


@pytest.mark.parametrize(
    ("others", "ending"), [(9, "db08.lbug, sec.lbug"), (10, "db08.lbug, db09.lbug, …")]
)
def test_a_listing_is_cut_after_ten_names(others: int, ending: str, databases: Path) -> None:
    for number in range(others):
        (databases / f"db{number:02}.lbug").touch()
    error = refused(databases, **{"data.databases": ("industry",)})
    assert str(error).endswith(ending)


def test_verifying_leaves_no_file_open(databases: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        verify(databases)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_missing_directory_is_refused_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    error = refused(tmp_path / "databases")
    assert error.code == "snapshot_directory_missing"
    assert "found lost+found on the volume" in str(error)


def test_an_empty_volume_is_refused(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    assert "found nothing on the volume" in str(refused(volume / "databases"))


def test_a_directory_that_is_a_symlink_is_refused(databases: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(databases)
    error = refused(databases, **{"data.databases_dir": "alias"})
    assert error.code == "snapshot_directory_missing"


def test_an_empty_database_is_refused(databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(b"")
    error = refused(databases)
    assert (error.code, str(error)) == (
        "snapshot_database_empty",
        f"{databases}/sec.lbug has no bytes",
    )


@pytest.mark.parametrize(
    "head",
    [
        header_bytes(page_count=100),
        header_bytes(catalog=(99, 1)),
        header_bytes(metadata=(98, 2)),
    ],
    ids=["by its page count", "by its catalog", "by its metadata"],
)
def test_a_truncated_database_is_refused(head: bytes, databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(head.ljust(100 * PAGE_BYTES - 1, b"\0"))
    error = refused(databases)
    assert (error.code, str(error)) == (
        "snapshot_database_truncated",
        f"{databases}/sec.lbug has 409599 bytes, its header needs 409600",
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
def test_a_foreign_file_is_refused(content: bytes, says: str, databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(content)
    error = refused(databases)
    assert error.code == "snapshot_database_foreign"
    assert says in str(error)


def test_a_database_that_is_a_symlink_is_refused(databases: Path) -> None:
    (databases / "sec.lbug").rename(databases / "real.lbug")
    (databases / "sec.lbug").symlink_to("real.lbug")
    error = refused(databases)
    assert error.code == "snapshot_database_foreign"
    assert "is not a regular file" in str(error)


def test_a_database_that_is_a_directory_is_refused(databases: Path) -> None:
    (databases / "sec.lbug").unlink()
    (databases / "sec.lbug").mkdir()
    error = refused(databases)
    assert (error.code, str(error)) == (
        "snapshot_database_foreign",
        f"{databases}/sec.lbug is not a regular file",
    )


def test_a_database_that_is_a_pipe_is_refused_without_waiting_for_a_writer(
    databases: Path,
) -> None:
    (databases / "sec.lbug").unlink()
    os.mkfifo(databases / "sec.lbug")
    assert refused(databases).code == "snapshot_database_foreign"


def test_one_bad_database_spoils_the_snapshot(databases: Path) -> None:
    (databases / "industry.lbug").write_bytes(b"")
    error = refused(databases, **{"data.databases": ("sec", "industry")})
    assert error.facts == {"database": "industry"}
