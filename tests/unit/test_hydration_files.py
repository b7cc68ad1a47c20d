"""The files that are loaded: which they are, and that they are held open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.databases import DATABASE_UUID, database_bytes, header_bytes, never_checkpointed_bytes
from fakes.fault import fails
from fakes.hydration import FakeLayout
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.hydration import Extent, PageRun
from ladybug_agent.resources.hydration.files import OpenDatabase, opened_databases


class BrokenLayout(FakeLayout):
    """A filesystem that does not say where its files lie."""

    def extents(self, handle: int) -> tuple[Extent, ...]:
        del handle
        raise fails("file_layout_unknown")


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    directory = tmp_path / "databases"
    directory.mkdir()
    (directory / "sec.lbug").write_bytes(database_bytes(pages=3))
    (directory / "sec.lbug.wal").write_bytes(b"log" * 1000)
    (directory / "industry.lbug").write_bytes(database_bytes(pages=5))
    return tmp_path


@contextmanager
def opened(volume: Path, *names: str) -> Iterator[tuple[OpenDatabase, ...]]:
    with opened_databases(volume, "databases", names, FakeLayout()) as found:
        yield found


def test_databases_are_opened_with_their_logs(volume: Path) -> None:
    with opened(volume, "sec", "industry") as (sec, industry):
        assert (sec.name, sec.file.size_bytes, sec.file.pages) == ("sec", 3 * 4096, 3)
        assert (sec.header.database_uuid, industry.log) == (str(DATABASE_UUID), None)
        assert sec.log is not None
        assert (sec.log.size_bytes, sec.log.pages) == (3000, 1)
        assert sec.files == (sec.file, sec.log)
        assert industry.files == (industry.file,)


def test_each_file_has_its_place_on_the_device(volume: Path) -> None:
    with opened(volume, "sec", "industry") as (sec, industry):
        assert sec.log is not None
        assert [file.extents for file in (sec.file, sec.log, industry.file)] == [
            (Extent(0, 0, 3 * 4096),),
            (Extent(0, 3 * 4096, 4096),),
            (Extent(0, 4 * 4096, 5 * 4096),),
        ]


def test_a_database_that_is_not_there_is_left_out(volume: Path) -> None:
    with opened(volume, "other", "industry") as found:
        assert [database.name for database in found] == ["industry"]


@pytest.mark.parametrize("content", [b"", b"LBUG", bytes(4096)])
def test_what_is_no_database_is_left_out(volume: Path, content: bytes) -> None:
    (volume / "databases" / "sec.lbug").write_bytes(content)
    with opened(volume, "sec", "industry") as found:
        assert [database.name for database in found] == ["industry"]


def test_the_roots_of_a_database_are_in_its_header(volume: Path) -> None:
    head = header_bytes(catalog=(2, 1), metadata=(1, 1)).ljust(4096, b"\0")
    (volume / "databases" / "sec.lbug").write_bytes(head + bytes(4 * 4096))
    with opened(volume, "sec") as (sec,):
        assert sec.roots == (PageRun(0, 1), PageRun(1, 1), PageRun(2, 1))


def test_a_database_that_was_never_checkpointed_has_its_header_alone(volume: Path) -> None:
    (volume / "databases" / "sec.lbug").write_bytes(never_checkpointed_bytes().ljust(4096, b"\0"))
    with opened(volume, "sec") as (sec,):
        assert sec.roots == (PageRun(0, 1),)


@pytest.mark.parametrize("root", [(0xFFFFFFFE, 0xFFFFFFFF), (2, 0), (0, 1)])
def test_roots_that_make_no_sense_do_no_harm(volume: Path, root: tuple[int, int]) -> None:
    head = header_bytes(catalog=root, metadata=root).ljust(4096, b"\0")
    (volume / "databases" / "sec.lbug").write_bytes(head + bytes(2 * 4096))
    with opened(volume, "sec") as (sec,):
        assert sec.roots == (PageRun(0, 1),)


def test_a_file_that_is_deleted_or_replaced_meanwhile_is_still_read(volume: Path) -> None:
    path = volume / "databases" / "sec.lbug"
    with opened(volume, "sec") as (sec,):
        path.unlink()
        path.write_bytes(b"another")
        assert os.pread(sec.file.handle, 4, 0) == b"LBUG"


def test_all_is_closed_at_the_end(volume: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with opened(volume, "sec", "industry"):
        assert len(set(os.listdir("/proc/self/fd")) - before) == 3  # noqa: PTH208
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_link_is_refused(volume: Path) -> None:
    path = volume / "databases" / "sec.lbug"
    path.rename(volume / "elsewhere")
    path.symlink_to(volume / "elsewhere")
    with pytest.raises(Refused) as refusal, opened(volume, "sec"):
        pytest.fail("it was opened")
    assert refusal.value.code == "snapshot_database_foreign"


def test_a_layout_that_nobody_knows_is_an_error(volume: Path) -> None:
    with (
        pytest.raises(ExternalFailure) as failure,
        opened_databases(volume, "databases", ["sec"], BrokenLayout()),
    ):
        pytest.fail("it was opened")
    assert failure.value.code == "file_layout_unknown"


def test_what_fails_while_they_are_open_is_not_taken_for_theirs(volume: Path) -> None:
    """A state directory that is full, say: the volume is not to blame."""
    with pytest.raises(OSError, match="No space left"), opened(volume, "sec"):
        raise OSError(28, "No space left on device")
