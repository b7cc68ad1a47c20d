"""Snapshots that look whole: what the image's own engine says, and what its versions say."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from integration.volume_cases.case import Case, Engine
from integration.volume_cases.inside import (
    Alter,
    file,
    give_to_the_container,
    holding,
    inside,
    with_counts,
    with_manifest,
    write,
)
from integration.volume_cases.logs import WAL, WITH_LOG, garble_from
from integration.volume_cases.originals import FILE
from ladybug_agent.resources.image import PulledImage
from ladybug_lab.engines import LADYBUG_0_17, REAL_LADYBUG_0_12, REAL_LADYBUG_0_15
from support import databases
from support.damage import PAGE_BYTES, overwritten, zeroed_pages
from support.engine_image import make_database
from support.one_database import catalog

ENGINE = Engine()
RECOVER = {"on_pending_recovery": "recover"}
VERSION = struct.Struct("<Q")
VERSION_OFFSET = 4
# Found by trying: this byte is in the type of the expression for a column's default value.
CRASHING = 162


def _labelled(versions: str) -> Engine:
    def image(found: PulledImage) -> PulledImage:
        return replace(found, storage_versions=versions)

    return Engine(image=image)


UNLABELLED = _labelled("")


def _of_version(number: int) -> Alter:
    return file(FILE, lambda path: overwritten(path, VERSION_OFFSET, VERSION.pack(number)))


def _crashing(directory: Path) -> None:
    path = directory / FILE
    path.unlink()
    make_database(path)
    overwritten(path, catalog(path) + CRASHING, b"\x70")


def _lose_rows(path: Path) -> None:
    """Zero the page of a row that nobody asks for: no engine looks, no header tells."""
    zeroed_pages(path, path.read_bytes().index(b"text 42") // PAGE_BYTES, 1)


CASES = (
    Case(name="is opened by the engine", engine=ENGINE, says=("sec",)),
    Case(
        name="is opened by a newer engine",
        change=inside(holding(databases.checkpointed, LADYBUG_0_17)),
        engine=ENGINE,
        says=("'storage_versions': [41]",),
    ),
    Case(
        name="is opened by a much newer engine",
        change=inside(holding(databases.checkpointed, REAL_LADYBUG_0_15)),
        engine=ENGINE,
        says=("'storage_versions': [40]",),
    ),
    Case(
        name="is opened together with its log",
        change=inside(WITH_LOG, with_manifest),
        engine=ENGINE,
        says=("of log",),
    ),
    Case(
        name="has the rows that its manifest counts",
        change=inside(with_manifest, with_counts(Item=databases.ROWS)),
        engine=ENGINE,
        says=("sec",),
    ),
    Case(
        name="has other rows than its manifest counts",
        change=inside(with_manifest, with_counts(Item=databases.ROWS + 1)),
        engine=ENGINE,
        code="snapshot_counts_differ",
        says=("Item", "sec", "wanted 501", "found 500"),
    ),
    Case(
        name="lacks a table that its manifest counts",
        change=inside(with_manifest, with_counts(Filing=1)),
        engine=ENGINE,
        code="snapshot_counts_differ",
        says=("Filing", "sec", "no such table"),
    ),
    Case(
        name="crashes the engine",
        change=inside(_crashing),
        engine=ENGINE,
        code="snapshot_database_crashes_engine",
        says=("SIGSEGV", "sec"),
    ),
    Case(
        name="has a log that lost its end",
        change=inside(holding(databases.torn_wal)),
        engine=ENGINE,
        code="snapshot_database_will_not_open",
        says=("sec", WAL, "Reading past the end"),
    ),
    Case(
        name="has a log of garbage behind its own header",
        change=inside(WITH_LOG, file(WAL, garble_from(64))),
        engine=ENGINE,
        code="snapshot_database_will_not_open",
        says=("sec",),
    ),
    Case(
        name="was written by an engine too old for the image",
        change=inside(holding(databases.checkpointed, REAL_LADYBUG_0_12)),
        engine=ENGINE,
        code="storage_version_too_old",
        says=("sec", "storage version 39", "40-49"),
    ),
    Case(
        name="was written by an engine too new for the image",
        change=inside(_of_version(99)),
        engine=ENGINE,
        code="storage_version_too_new",
        says=("sec", "storage version 99", "40-49"),
    ),
    Case(
        name="is too old for an image that does not say what it reads",
        change=inside(holding(databases.checkpointed, REAL_LADYBUG_0_12)),
        engine=UNLABELLED,
        code="storage_version_unreadable",
        says=("sec", "39"),
    ),
    Case(
        name="is too new for an image that does not say what it reads",
        change=inside(_of_version(99)),
        engine=UNLABELLED,
        code="storage_version_unreadable",
        says=("sec", "99"),
    ),
    Case(
        name="meets an image that garbles what it reads",
        engine=_labelled("forty"),
        code="storage_versions_unreadable",
        status=2,
        says=("forty", "org.ladybugdb.storage-versions"),
    ),
    Case(
        name="was taken in the middle of a checkpoint, which the engine ends",
        change=inside(holding(databases.pending_recovery), give_to_the_container),
        data=RECOVER,
        engine=ENGINE,
        volume="recovered",
        says=("'journal_replayed': False", "sec"),
    ),
    Case(
        name="was taken in the middle of a checkpoint, and belongs to root",
        change=inside(holding(databases.pending_recovery)),
        data=RECOVER,
        engine=ENGINE,
        volume="recovered",
        code="snapshot_recovery_failed",
        says=("sec",),
    ),
    Case(
        name="was taken in the middle of a checkpoint of an engine too old for the image",
        change=inside(
            holding(databases.pending_recovery, REAL_LADYBUG_0_12), give_to_the_container
        ),
        data=RECOVER,
        engine=ENGINE,
        code="storage_version_too_old",
        says=("sec", "39"),
    ),
    Case(
        name="has a torn log beside a cut checkpoint",
        change=inside(
            holding(databases.torn_wal),
            write(f"{FILE}.wal.checkpoint", b"x"),
            give_to_the_container,
        ),
        data=RECOVER,
        engine=ENGINE,
        volume="recovered",
        code="snapshot_recovery_failed",
        says=("sec",),
    ),
    # Neither header nor engine can see it: only a manifest can, as `manifest.py` shows.
    Case(
        name="lost a page of rows and has no manifest, which the engine does not see",
        change=inside(file(FILE, _lose_rows)),
        engine=ENGINE,
        says=("'manifest': 'none'",),
    ),
)
