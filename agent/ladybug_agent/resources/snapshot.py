"""The snapshot's contents: every expected database there, whole and of a known format."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.config import DataConfig
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.resources.database_file import (
    HEADER,
    PAGE_BYTES,
    DatabaseHeader,
    HeaderError,
    parse_header,
)
from ladybug_agent.resources.mount import DataMount

SUFFIX = ".lbug"
HINT = "the snapshot is not usable: choose another one, and look at how this one was taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database file, by its own header."""

    name: str
    size_bytes: int
    header: DatabaseHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSnapshot:
    """Evidence: every expected database is on the mounted volume, whole by its own header."""

    mount: DataMount
    directory: Path
    databases: tuple[Database, ...]

    @property
    def size_bytes(self) -> int:
        return sum(database.size_bytes for database in self.databases)


def verify_snapshot(mount: DataMount, rules: DataConfig) -> VerifiedSnapshot:
    """Check every expected database. Reads one page of each; changes nothing."""
    directory = mount.path / rules.databases_dir
    try:
        return _verify(mount, directory, rules)
    except OSError as error:
        raise ExternalFailure(
            "snapshot_unreadable",
            f"cannot read what is in {directory}",
            hint="an I/O error of the volume: look in `dmesg`, then replace the instance",
        ) from error


def _verify(mount: DataMount, directory: Path, rules: DataConfig) -> VerifiedSnapshot:
    if directory.is_symlink() or not directory.is_dir():
        raise Refused(
            "snapshot_directory_missing",
            f"wanted the directory {directory}, found {_listing(mount.path)} on the volume",
            hint=HINT,
        )
    databases = tuple(_verify_database(directory, name) for name in rules.databases)
    return VerifiedSnapshot(mount=mount, directory=directory, databases=databases)


def _verify_database(directory: Path, name: str) -> Database:
    path = directory / f"{name}{SUFFIX}"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Refused(
            "snapshot_database_missing",
            f"wanted the database {path}, found {_listing(directory)}",
            hint=f"{HINT}; or correct `data.databases`",
            database=name,
        ) from None
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENXIO}:
            raise
        raise _foreign(path, f"is not a regular file ({error.strerror})") from error
    try:
        return _verify_open_file(handle, path, name)
    finally:
        os.close(handle)


def _verify_open_file(handle: int, path: Path, name: str) -> Database:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise _foreign(path, "is not a regular file")
    if status.st_size == 0:
        # The engine opens an empty file as an empty database and serves it.
        raise Refused("snapshot_database_empty", f"{path} has no bytes", hint=HINT, database=name)
    try:
        header = parse_header(os.pread(handle, HEADER.size, 0))
    except HeaderError as error:
        raise _foreign(path, str(error)) from error
    needed = header.pages_needed * PAGE_BYTES
    if status.st_size < needed:
        raise Refused(
            "snapshot_database_truncated",
            f"{path} has {status.st_size} bytes, its header needs {needed}",
            hint=HINT,
            database=name,
        )
    return Database(name=name, size_bytes=status.st_size, header=header)


def _foreign(path: Path, what: str) -> Refused:
    return Refused("snapshot_database_foreign", f"{path} {what}", hint=HINT, database=path.stem)


def _listing(directory: Path) -> str:
    names = sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")  # noqa: PLR2004
    return shown or "nothing"
