"""What must be on the volume: each database a whole, readable file of this very filesystem."""

from __future__ import annotations

import os
from pathlib import Path

from integration.volume_cases.case import Case
from integration.volume_cases.inside import (
    UID,
    Alter,
    database,
    file,
    holding,
    inside,
    link_to,
    make_device,
    make_directory,
    make_fifo,
    mode,
    move_out,
    on_root,
    write,
)
from integration.volume_cases.originals import FILE
from ladybug_agent.resources.contents.database_file import parse_header
from ladybug_lab.engines import LADYBUG_0_17, REAL_LADYBUG_0_12, REAL_LADYBUG_0_15
from support import databases
from support.damage import PAGE_BYTES, overwritten, truncated, zeroed_pages

PATH = "{mount_point}/databases/sec.lbug"
DIRECTORY = "{mount_point}/databases"


def _zero_root_page(number: int) -> Alter:
    """Return what zeroes the page where the header has the catalog (0) or the metadata (1)."""

    def alter(path: Path) -> None:
        zeroed_pages(path, parse_header(path.read_bytes()[:PAGE_BYTES]).root_pages[number], 1)

    return alter


CASES = (
    Case(
        name="has a database of zero bytes",
        change=inside(write(FILE, b"")),
        code="snapshot_database_empty",
        says=(PATH, "no bytes"),
    ),
    Case(
        name="has a database of zeros",
        change=inside(write(FILE, bytes(PAGE_BYTES))),
        code="snapshot_database_foreign",
        says=(PATH, "LBUG"),
    ),
    Case(
        name="has a database of Kuzu",
        change=database(lambda path: overwritten(path, 0, b"KUZU")),
        code="snapshot_database_foreign",
        says=(PATH, "KUZU", "LBUG"),
    ),
    Case(
        name="has a database shorter than its header",
        change=inside(write(FILE, b"LBUG" + bytes(20))),
        code="snapshot_database_foreign",
        says=(PATH, "24 of"),
    ),
    Case(
        name="has half of a database",
        change=database(lambda path: os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)),
        code="snapshot_database_truncated",
        says=(PATH, "its header needs"),
    ),
    Case(
        name="has a database without its last page",
        change=database(lambda path: truncated(path, PAGE_BYTES)),
        code="snapshot_database_truncated",
        says=(PATH, "its header needs"),
    ),
    Case(
        name="has half of a database of an engine that counts no pages",
        change=inside(
            holding(databases.checkpointed, REAL_LADYBUG_0_12),
            file(FILE, lambda path: os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)),
        ),
        code="snapshot_database_truncated",
        says=(PATH, "its header needs"),
    ),
    Case(
        name="has a database with a broken last page",
        change=database(lambda path: path.write_bytes(path.read_bytes() + b"x")),
        code="snapshot_database_truncated",
        says=(PATH, "whole pages"),
    ),
    Case(
        name="has a database longer than its header counts",
        change=database(lambda path: path.write_bytes(path.read_bytes() + bytes(PAGE_BYTES))),
        says=("longer than the",),
    ),
    Case(
        name="has a database with a zeroed catalog",
        change=database(_zero_root_page(0)),
        code="snapshot_database_zeroed",
        says=(PATH, "only zeros"),
    ),
    Case(
        name="has a database with zeroed metadata",
        change=database(_zero_root_page(1)),
        code="snapshot_database_zeroed",
        says=(PATH, "only zeros"),
    ),
    Case(
        name="has a database of the oldest engine",
        change=inside(holding(databases.checkpointed, REAL_LADYBUG_0_12)),
        says=("'storage_versions': [39]",),
    ),
    Case(
        name="has a database of engine 0.15",
        change=inside(holding(databases.checkpointed, REAL_LADYBUG_0_15)),
        says=("'storage_versions': [40]",),
    ),
    Case(
        name="has a database of engine 0.17",
        change=inside(holding(databases.checkpointed, LADYBUG_0_17)),
        says=("'storage_versions': [41]",),
    ),
    Case(
        name="has a symbolic link to a database elsewhere on it",
        change=inside(move_out),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
    ),
    Case(
        name="has a symbolic link to a file of the root disk",
        change=database(link_to("/etc/passwd")),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
    ),
    Case(
        name="has a symbolic link for its directory of databases",
        change=inside(link_to("/var/lib")),
        code="snapshot_directory_missing",
        says=(DIRECTORY, "databases"),
    ),
    Case(
        name="has a directory in place of a database",
        change=database(make_directory),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
    ),
    Case(
        name="has a fifo in place of a database",
        change=database(make_fifo),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
        within_s=10.0,
    ),
    Case(
        name="has a device in place of a database",
        change=database(make_device),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
    ),
    Case(
        name="has a database that only root may read",
        change=database(mode(0o600)),
        code="snapshot_unreadable_by_container",
        says=(PATH, "0600", "0:0", f"uid {UID}"),
    ),
    Case(
        name="has a directory of databases that only root may enter",
        change=inside(mode(0o700)),
        code="snapshot_unreadable_by_container",
        says=(DIRECTORY, "0700", f"uid {UID}"),
    ),
    Case(
        name="has a root directory that only root may enter",
        change=on_root(mode(0o700)),
        says=("sec",),
    ),
    Case(
        name="has no directory of databases",
        change=inside(lambda path: path.rename(path.with_name("backup"))),
        code="snapshot_directory_missing",
        says=(DIRECTORY, "backup"),
    ),
    Case(
        name="has no database at all",
        change=inside(lambda path: (path / FILE).rename(path / "README")),
        code="snapshot_without_databases",
        says=(PATH, "README", 'data.mode = "empty"'),
    ),
    Case(
        name="has another database than wanted",
        data={"databases": ("sec", "industry")},
        code="snapshot_database_missing",
        says=("{mount_point}/databases/industry.lbug", FILE, "data.databases"),
    ),
    Case(
        name="has one good and one bad database",
        change=inside(write("industry.lbug", b"")),
        data={"databases": ("sec", "industry")},
        code="snapshot_database_empty",
        says=("{mount_point}/databases/industry.lbug",),
    ),
    Case(
        name="has a database more than wanted",
        change=inside(write("unknown.lbug", b"")),
        says=("sec",),
    ),
)
