"""The files beside a database: its log, and what an unfinished checkpoint leaves."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from fakes.databases import DATABASE_UUID, header_bytes
from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database_file import WAL_HEADER_BYTES, parse_header
from ladybug_agent.resources.contents.directory import opened_directory
from ladybug_agent.resources.contents.sidecars import Sidecar, pending_recovery, verify_wal

HEADER = parse_header(header_bytes())
OTHER = uuid.UUID("ffffffff-0000-4000-8000-00000000000b")


def verify(directory: Path) -> Sidecar | None:
    with opened_directory(directory) as opened:
        return verify_wal(opened, "sec.lbug", HEADER, os.getuid())


def refused(directory: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(directory)
    return caught.value


def test_without_a_log_there_is_none(tmp_path: Path) -> None:
    assert verify(tmp_path) is None


@pytest.mark.parametrize("records", [0, 1, 5000])
def test_the_databases_own_log_is_accepted(tmp_path: Path, records: int) -> None:
    (tmp_path / "sec.lbug.wal").write_bytes(DATABASE_UUID.bytes + b"\1" * records)
    assert verify(tmp_path) == Sidecar(suffix=".wal", size_bytes=WAL_HEADER_BYTES + records)


def test_an_empty_log_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "sec.lbug.wal").touch()
    assert verify(tmp_path) == Sidecar(suffix=".wal", size_bytes=0)


@pytest.mark.parametrize("size", [1, WAL_HEADER_BYTES - 1])
def test_a_log_that_ends_within_its_header_is_torn(tmp_path: Path, size: int) -> None:
    (tmp_path / "sec.lbug.wal").write_bytes(DATABASE_UUID.bytes[:size])
    error = refused(tmp_path)
    assert (error.code, f"({size} of 16 bytes)" in str(error)) == ("snapshot_wal_torn", True)


@pytest.mark.parametrize("head", [OTHER.bytes, bytes(16), b"\xa5" * 4096])
def test_a_log_of_another_database_is_foreign(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "sec.lbug.wal").write_bytes(head)
    error = refused(tmp_path)
    assert error.code == "snapshot_wal_foreign"
    assert str(uuid.UUID(bytes=head[:16])) in str(error)
    assert str(DATABASE_UUID) in str(error)
    assert "never delete the log" in error.hint


def test_a_log_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.wal").write_bytes(DATABASE_UUID.bytes)
    (tmp_path / "sec.lbug.wal").symlink_to("other.wal")
    assert refused(tmp_path).code == "snapshot_database_foreign"


@pytest.mark.parametrize(
    ("names", "pending"),
    [
        ((), ()),
        (("sec.lbug.wal", "sec.lbug.tmp", "sec.lbug.lock"), ()),
        (("sec.lbug.checkpoint.intent.lock", "sec.lbug.checkpoint.apply.lock"), ()),
        (("sec.lbug.shadow",), ("sec.lbug.shadow",)),
        (("sec.lbug.wal.checkpoint",), ("sec.lbug.wal.checkpoint",)),
        (
            ("sec.lbug.wal.checkpoint", "sec.lbug.shadow"),
            ("sec.lbug.shadow", "sec.lbug.wal.checkpoint"),
        ),
        (("industry.lbug.shadow", "xsec.lbug.shadow"), ()),
    ],
)
def test_only_what_a_checkpoint_leaves_is_pending(
    tmp_path: Path, names: tuple[str, ...], pending: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    with opened_directory(tmp_path) as opened:
        assert pending_recovery(opened, "sec.lbug") == pending


def test_whatever_has_the_name_of_such_a_file_is_pending(tmp_path: Path) -> None:
    """The engine looks whether it exists, not what it is."""
    (tmp_path / "sec.lbug.shadow").symlink_to("nowhere")
    (tmp_path / "sec.lbug.wal.checkpoint").mkdir()
    with opened_directory(tmp_path) as opened:
        assert len(pending_recovery(opened, "sec.lbug")) == 2
