"""The files beside a database: its log, whole or not, and what a cut checkpoint leaves."""

from __future__ import annotations

import os
import random
from pathlib import Path

from integration.volume_cases.case import Case
from integration.volume_cases.inside import Alter, file, holding, inside, link_to, mode, write
from integration.volume_cases.originals import FILE
from ladybug_lab.engines import REAL_LADYBUG_0_12
from support import databases

WAL = f"{FILE}.wal"
PATH = "{mount_point}/databases/" + WAL
WITH_LOG = holding(databases.with_wal)


def _cut_to(size_bytes: int) -> Alter:
    return lambda path: os.truncate(path, size_bytes)


def garble_from(offset: int) -> Alter:
    """Put somebody else's bytes there, from an offset on."""

    def alter(path: Path) -> None:
        kept = path.read_bytes()
        noise = random.Random(1).randbytes(len(kept) - offset)  # noqa: S311 - the same each time
        path.write_bytes(kept[:offset] + noise)

    return alter


CASES = (
    Case(name="has a log to be replayed at each start", change=inside(WITH_LOG), says=("of log",)),
    Case(
        name="has a database that was never checkpointed, and its log",
        change=inside(holding(databases.never_checkpointed)),
        says=("of log",),
    ),
    Case(name="has a log without a byte", change=inside(write(WAL, b"")), says=("sec",)),
    Case(
        name="has files of locks and of spilling beside its database",
        change=inside(write(f"{FILE}.tmp", b"x"), write(f"{FILE}.checkpoint.intent.lock", b"")),
        says=("sec",),
    ),
    Case(
        name="has a database that was never checkpointed, without its log",
        change=inside(holding(databases.never_checkpointed), file(WAL, Path.unlink)),
        code="snapshot_database_without_tables",
        says=("{mount_point}/databases/sec.lbug", ".wal"),
    ),
    Case(
        name="has a database that was never checkpointed, and an empty log",
        change=inside(holding(databases.never_checkpointed), write(WAL, b"")),
        code="snapshot_database_without_tables",
        says=("{mount_point}/databases/sec.lbug",),
    ),
    Case(
        name="has a new database that nobody wrote to",
        change=inside(holding(databases.header_only)),
        code="snapshot_database_without_tables",
        says=("{mount_point}/databases/sec.lbug",),
    ),
    Case(
        name="has a log torn within its own header",
        change=inside(WITH_LOG, file(WAL, _cut_to(10))),
        code="snapshot_wal_torn",
        says=(PATH, "10 of 16 bytes"),
    ),
    Case(
        name="has a log of another database",
        change=inside(holding(databases.foreign_wal)),
        code="snapshot_wal_foreign",
        says=(PATH, "never delete the log"),
    ),
    Case(
        name="has a log of nothing but garbage",
        change=inside(WITH_LOG, file(WAL, garble_from(0))),
        code="snapshot_wal_foreign",
        says=(PATH,),
    ),
    Case(
        name="has a symbolic link for a log",
        change=inside(WITH_LOG, file(WAL, link_to(FILE))),
        code="snapshot_database_foreign",
        says=(PATH, "not a regular file"),
    ),
    Case(
        name="has a log that only root may read",
        change=inside(WITH_LOG, file(WAL, mode(0o600))),
        code="snapshot_unreadable_by_container",
        says=(PATH, "0600"),
    ),
    Case(
        name="has a shadow file",
        change=inside(write(f"{FILE}.shadow", b"x")),
        code="snapshot_recovery_pending",
        says=("sec.lbug.shadow", 'data.on_pending_recovery = "recover"'),
    ),
    Case(
        name="has a frozen log of a checkpoint",
        change=inside(write(f"{FILE}.wal.checkpoint", b"")),
        code="snapshot_recovery_pending",
        says=("sec.lbug.wal.checkpoint",),
    ),
    Case(
        name="was taken in the middle of a checkpoint",
        change=inside(holding(databases.pending_recovery)),
        code="snapshot_recovery_pending",
        says=("sec.lbug",),
    ),
    Case(
        name="was taken in the middle of a checkpoint of the oldest engine",
        change=inside(holding(databases.pending_recovery, REAL_LADYBUG_0_12)),
        code="snapshot_recovery_pending",
        says=("sec.lbug",),
    ),
)
