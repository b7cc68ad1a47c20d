"""The snapshot's manifest, and files that are not as it says, at each depth of the comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration.volume_cases.case import Case
from integration.volume_cases.inside import (
    Alter,
    database,
    edited,
    file,
    holding,
    inside,
    with_manifest,
    write,
)
from integration.volume_cases.originals import FILE
from ladybug_agent.resources.contents.database_file import parse_header
from ladybug_agent.resources.contents.manifest import FILE_NAME, sample_offsets
from support import databases
from support.damage import PAGE_BYTES, zeroed_pages

PATH = "{mount_point}/databases/" + FILE_NAME
DATABASE = "{mount_point}/databases/sec.lbug"
UUID = "00000000-0000-4000-8000-000000000000"
NAMES, SAMPLED, FULL = ({"verify_depth": depth} for depth in ("names", "sampled", "full"))


def data_page(path: Path, *, is_sampled: bool) -> int:
    """Return a page that is, or is not, among the samples, and that no check of headers reads."""
    content = path.read_bytes()
    samples = {offset // PAGE_BYTES for offset in sample_offsets(len(content))}
    read = {0, *parse_header(content[:PAGE_BYTES]).root_pages}
    return next(
        page
        for page in range(len(content) // PAGE_BYTES)
        if (page in samples) == is_sampled
        and page not in read
        and any(content[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])
    )


def _lose_page(*, is_sampled: bool) -> Alter:
    """Zero a page of rows, as a disk does that forgot a write."""

    def alter(path: Path) -> None:
        zeroed_pages(path, data_page(path, is_sampled=is_sampled), 1)

    return alter


LOST_SAMPLE = file(FILE, _lose_page(is_sampled=True))
LOST_OTHER = file(FILE, _lose_page(is_sampled=False))


def _set(**fields: object) -> Alter:
    return edited(lambda entry: entry.update(fields))


def _resize(entry: dict[str, Any]) -> None:
    entry["file"]["size_bytes"] += PAGE_BYTES


CASES = (
    Case(name="is as its manifest names it", change=inside(with_manifest), data=NAMES),
    Case(
        name="is as its manifest samples it",
        change=inside(with_manifest),
        data=SAMPLED,
        says=("'manifest': 'sampled'",),
    ),
    Case(
        name="is as its manifest says in full",
        change=inside(with_manifest),
        data=FULL,
        says=("'manifest': 'full'",),
    ),
    Case(
        name="is as its manifest says in full, log included",
        change=inside(holding(databases.with_wal), with_manifest),
        data=FULL | {"manifest": "required"},
        says=("'manifest': 'full'",),
    ),
    Case(
        name="has no manifest where one is required",
        data={"manifest": "required"},
        code="snapshot_manifest_missing",
        says=(PATH, FILE, "--write-manifest"),
    ),
    Case(
        name="has a manifest that is no JSON",
        change=inside(write(FILE_NAME, b"{")),
        code="snapshot_manifest_unreadable",
        says=(PATH, "not JSON"),
    ),
    Case(
        name="has a manifest of another schema",
        change=inside(write(FILE_NAME, b'{"schema": "ladybug.snapshot/9"}')),
        code="snapshot_manifest_unreadable",
        says=(PATH, "ladybug.snapshot/1"),
    ),
    Case(
        name="has a manifest that lacks a field",
        change=inside(with_manifest, edited(lambda entry: entry.pop("file"))),
        code="snapshot_manifest_unreadable",
        says=(PATH, "file"),
    ),
    Case(
        name="has a garbled manifest where none is asked for",
        change=inside(write(FILE_NAME, b"{")),
        data={"manifest": "ignore"},
        says=("'manifest': 'none'",),
    ),
    Case(
        name="has a manifest without its database",
        change=inside(with_manifest, _set(name="industry")),
        code="snapshot_manifest_differs",
        says=("industry", "not sec"),
    ),
    Case(
        name="has a manifest of another database",
        change=inside(with_manifest, _set(database_uuid=UUID)),
        data=NAMES,
        code="snapshot_manifest_differs",
        says=(DATABASE, UUID),
    ),
    Case(
        name="has a manifest of another storage version",
        change=inside(with_manifest, _set(storage_version=41)),
        data=NAMES,
        code="snapshot_manifest_differs",
        says=(DATABASE, "storage version 41", "storage version 49"),
    ),
    Case(
        name="has a manifest of another size",
        change=inside(with_manifest, edited(_resize)),
        data=NAMES,
        code="snapshot_manifest_differs",
        says=(DATABASE, "bytes"),
    ),
    Case(
        name="has grown since its manifest",
        change=inside(
            with_manifest,
            file(FILE, lambda path: path.write_bytes(path.read_bytes() + bytes(PAGE_BYTES))),
        ),
        code="snapshot_manifest_differs",
        says=(DATABASE, "bytes"),
    ),
    Case(
        name="has a log that its manifest does not know",
        change=inside(with_manifest, holding(databases.with_wal)),
        code="snapshot_manifest_differs",
        says=(DATABASE,),
    ),
    Case(
        name="lacks the log that its manifest knows",
        change=inside(holding(databases.with_wal), with_manifest, file(f"{FILE}.wal", Path.unlink)),
        code="snapshot_manifest_differs",
        says=(DATABASE, "no log"),
    ),
    Case(
        name="lost a page that is sampled",
        change=inside(with_manifest, LOST_SAMPLE),
        data=SAMPLED,
        code="snapshot_database_altered",
        says=(DATABASE, "the page at byte"),
    ),
    Case(
        name="lost a page that is not sampled, compared in full",
        change=inside(with_manifest, LOST_OTHER),
        data=FULL,
        code="snapshot_database_altered",
        says=(DATABASE, "the file as a whole"),
    ),
    # What cannot be seen: these two are served, and the documentation says so.
    Case(
        name="lost a page that is not sampled, which sampling cannot see",
        change=inside(with_manifest, LOST_OTHER),
        data=SAMPLED,
        says=("'manifest': 'sampled'",),
    ),
    Case(
        name="lost a page and has no manifest, which nobody can see",
        change=database(_lose_page(is_sampled=True)),
        says=("'manifest': 'none'",),
    ),
)
