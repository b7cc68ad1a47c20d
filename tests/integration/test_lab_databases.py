"""Databases in the states of a snapshot: what their engines say to them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from ladybug_lab.engines import (
    ENGINES,
    LADYBUG_0_17,
    LADYBUG_0_22,
    REAL_LADYBUG_0_12,
    REAL_LADYBUG_0_15,
    Engine,
    ensure_engine,
    run_engine,
)
from ladybug_lab.errors import LabError
from support import databases
from support.damage import PAGE_BYTES, flipped_bytes, truncated, zeroed_pages
from support.databases import MORE_ROWS, ROWS, count_items, table_names

pytestmark = pytest.mark.integration

Make = Callable[[Engine, Path], Path]
NO_PAGE = 0xFFFFFFFF
PENDING = {LADYBUG_0_22: "read-only mode while checkpoint recovery is pending"}
PENDING_BEFORE_0_22 = "Couldn't replay shadow pages under read-only mode"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sec.lbug"


def files_beside(path: Path) -> set[str]:
    return {file.name.removeprefix(path.name) for file in path.parent.iterdir()} - {""}


def content_of(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def catalog_of(path: Path) -> tuple[int, int]:
    """Return the first page and the number of pages, as in the header of all versions."""
    start, count = struct.unpack_from("<II", path.read_bytes(), 12)
    return start, count


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_each_engine_runs_its_own_module_and_writes_its_own_version(
    engine: Engine, path: Path
) -> None:
    told = run_engine(engine, "print(lbug.__version__, lbug.__file__)", timeout_s=30)
    assert told.startswith(f"{engine.version} {ensure_engine(engine)}")
    written = databases.checkpointed(engine, path).read_bytes()
    assert struct.unpack_from("<4sQ", written) == (b"LBUG", engine.storage_version)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize(
    ("make", "rows", "companions"),
    [
        (databases.checkpointed, ROWS, set()),
        (databases.with_wal, ROWS + MORE_ROWS, {".wal"}),
        (databases.never_checkpointed, ROWS, {".wal"}),
    ],
)
def test_a_sound_database_is_read_and_left_as_it_was(
    engine: Engine, path: Path, make: Make, rows: int, companions: set[str]
) -> None:
    make(engine, path)
    before = content_of(path.parent)
    assert count_items(engine, path) == rows
    assert content_of(path.parent) == before
    assert files_beside(path) == companions


def test_the_number_of_rows_can_be_chosen(path: Path) -> None:
    databases.checkpointed(LADYBUG_0_22, path, rows=7)
    assert count_items(LADYBUG_0_22, path) == 7


@pytest.mark.parametrize(
    ("make", "size_bytes"),
    [(databases.never_checkpointed, PAGE_BYTES), (databases.header_only, PAGE_BYTES)],
)
def test_before_the_first_checkpoint_the_file_is_a_header_without_a_catalog(
    path: Path, make: Make, size_bytes: int
) -> None:
    make(LADYBUG_0_22, path)
    assert (path.stat().st_size, catalog_of(path)) == (size_bytes, (NO_PAGE, 0))


@pytest.mark.parametrize("make", [databases.without_tables, databases.header_only])
def test_a_new_database_opens_and_has_no_table(path: Path, make: Make) -> None:
    make(LADYBUG_0_22, path)
    assert (table_names(LADYBUG_0_22, path), files_beside(path)) == ([], set())


@pytest.mark.parametrize("engine", [LADYBUG_0_22, REAL_LADYBUG_0_15], ids=lambda e: e.name)
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (databases.torn_wal, r"Reading past the end of the file .*\.wal"),
        (databases.garbage_wal, "Checksum verification failed, the WAL file is corrupted"),
        (databases.foreign_wal, "Database ID for temporary file .* does not match"),
    ],
)
def test_a_damaged_wal_is_refused(engine: Engine, path: Path, make: Make, words: str) -> None:
    make(engine, path)
    with pytest.raises(LabError, match=words):
        count_items(engine, path)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_pending_recovery_needs_one_open_for_writing(engine: Engine, path: Path) -> None:
    databases.pending_recovery(engine, path)
    assert files_beside(path) & {".shadow", ".wal.checkpoint"}
    with pytest.raises(LabError, match=PENDING.get(engine, PENDING_BEFORE_0_22)):
        count_items(engine, path)
    rows = count_items(engine, path, access="writable")
    assert rows >= ROWS
    assert count_items(engine, path) == rows


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        (LADYBUG_0_17, LADYBUG_0_22),
        (LADYBUG_0_22, REAL_LADYBUG_0_12),
        (REAL_LADYBUG_0_15, REAL_LADYBUG_0_12),
        (REAL_LADYBUG_0_15, LADYBUG_0_17),
    ],
    ids=lambda engine: engine.name,
)
def test_a_version_that_the_reader_does_not_know_is_refused(
    path: Path, reader: Engine, writer: Engine
) -> None:
    databases.checkpointed(writer, path)
    with pytest.raises(LabError, match=f"file version: {writer.storage_version}, Current build"):
        count_items(reader, path)


@pytest.mark.parametrize("writer", [LADYBUG_0_17, REAL_LADYBUG_0_15], ids=lambda e: e.name)
def test_an_older_version_from_40_on_is_read(path: Path, writer: Engine) -> None:
    databases.checkpointed(writer, path)
    assert count_items(LADYBUG_0_22, path) == ROWS


def test_a_lost_end_is_refused(path: Path) -> None:
    truncated(databases.checkpointed(LADYBUG_0_22, path), PAGE_BYTES)
    with pytest.raises(LabError, match="outside the database file"):
        count_items(LADYBUG_0_22, path)


def test_flipped_bytes_in_the_first_four_are_refused(path: Path) -> None:
    flipped_bytes(databases.checkpointed(LADYBUG_0_22, path), 0, 4)
    with pytest.raises(LabError, match="not a valid Lbug database file"):
        count_items(LADYBUG_0_22, path)


def test_a_lost_data_page_goes_unnoticed_by_the_engine(path: Path) -> None:
    sound = databases.checkpointed(LADYBUG_0_22, path).read_bytes()
    zeroed_pages(path, sound.index(b"text 42") // PAGE_BYTES, 1)
    assert path.read_bytes() != sound
    assert count_items(LADYBUG_0_22, path) == ROWS
