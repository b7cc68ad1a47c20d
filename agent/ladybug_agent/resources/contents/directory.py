"""A directory of the volume, opened without following a link out of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import ExternalFailure, Refused

SHOWN_NAMES = 10
CHUNK_BYTES = 2**20
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOT_A_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.ENOTDIR, errno.EISDIR})
HINT = "the snapshot is not usable: choose another one, and look at how this one was taken"


@dataclass(frozen=True, slots=True)
class OpenDirectory:
    """A directory that is held open; `path` is for messages."""

    handle: int
    path: Path

    def status(self) -> os.stat_result:
        return os.fstat(self.handle)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.handle))  # noqa: PTH208 - Path has no handles

    def listing(self) -> str:
        """Return what is in it, for a message."""
        names = self.names()
        # A name may hold anything but a slash: control characters, half a UTF-8 sequence.
        plain = [name if name.isprintable() else ascii(name) for name in names[:SHOWN_NAMES]]
        shown = ", ".join(plain) + (", …" if len(names) > SHOWN_NAMES else "")
        return shown or "nothing"

    @contextmanager
    def file(self, name: str) -> Iterator[tuple[int, os.stat_result] | None]:
        """Open a regular file of this very filesystem for reading; None if there is none."""
        path = self.path / name
        try:
            # Looked at before it is opened: on a mount without devices, opening one is "denied".
            kind = os.stat(name, dir_fd=self.handle, follow_symlinks=False).st_mode
            if not stat.S_ISREG(kind):
                raise foreign(path, "is not a regular file")
            handle = os.open(name, FILE, dir_fd=self.handle)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            if error.errno not in NOT_A_FILE:
                raise
            raise foreign(path, f"is not a regular file ({error.strerror})") from error
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise foreign(path, "is not a regular file")
            if status.st_dev != os.fstat(self.handle).st_dev:
                raise foreign(path, "lies on another filesystem")
            yield handle, status
        except OSError as error:
            raise _unreadable(path) from error
        finally:
            os.close(handle)


@contextmanager
def opened_directory(root: Path, below: str = ".") -> Iterator[OpenDirectory]:
    """Open `root`, then `below` step by step: no step may be a link or another filesystem.

    Raises Refused `snapshot_directory_missing`, and ExternalFailure for an I/O error here or in
    the block.
    """
    path = root / below
    try:
        handle = os.open(root, DIRECTORY)
        try:
            device = os.fstat(handle).st_dev
            for part in Path(below).parts:
                handle = _step(handle, part, device, path)
            yield OpenDirectory(handle, path)
        finally:
            os.close(handle)
    except PermissionError as error:
        raise ExternalFailure(
            "snapshot_unreadable",
            f"may not read what is in {path}",
            hint="run it as root, or as the owner of the databases",
        ) from error
    except OSError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> ExternalFailure:
    return ExternalFailure(
        "snapshot_unreadable",
        f"cannot read {path}",
        hint="an I/O error of the volume: look in `dmesg`, then replace the instance",
    )


def _step(handle: int, part: str, device: int, path: Path) -> int:
    here = OpenDirectory(handle, path)
    try:
        below = os.open(part, DIRECTORY, dir_fd=handle)
    except OSError as error:
        if error.errno not in NOT_A_FILE | {errno.ENOENT}:
            raise
        raise Refused(
            "snapshot_directory_missing",
            f"wanted the directory {path}, found {here.listing()} on the volume",
            hint=HINT,
        ) from error
    if os.fstat(below).st_dev != device:
        os.close(below)
        raise Refused(
            "snapshot_directory_missing",
            f"wanted the directory {path} on the volume, found something mounted over it",
            hint="`findmnt --submounts` shows it: unmount it",
        )
    os.close(handle)
    return below


def refuse_unreadable(path: Path, status: os.stat_result, uid: int) -> None:
    """Refuse what the container's user could not read: the agent never changes owner or mode.

    By the mode bits alone, with `uid` as user and as group, as the container runs.
    """
    if status.st_uid == uid:
        bits = status.st_mode >> 6
    elif status.st_gid == uid:
        bits = status.st_mode >> 3
    else:
        bits = status.st_mode
    wanted = 0o5 if stat.S_ISDIR(status.st_mode) else 0o4
    if bits & wanted != wanted:
        raise Refused(
            "snapshot_unreadable_by_container",
            f"{path} has mode {stat.S_IMODE(status.st_mode):04o} and owner"
            f" {status.st_uid}:{status.st_gid}: uid {uid} of the container cannot read it",
            hint="correct it on the master before the next snapshot: nothing is ever changed here;"
            " or set `container.uid`",
        )


def chunks(handle: int, most_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of an open file, in pieces of at most 1 MiB, up to so many."""
    offset = 0
    while offset < most_bytes:
        # Shorter than asked for before a page that cannot be read: the next read says so.
        chunk = os.pread(handle, min(CHUNK_BYTES, most_bytes - offset), offset)
        if not chunk:
            return
        yield chunk
        offset += len(chunk)


def foreign(path: Path, what: str) -> Refused:
    """Return the refusal of something that is no database of this volume."""
    return Refused(
        "snapshot_database_foreign",
        f"{path} {what}",
        hint=HINT,
        database=path.name.partition(".lbug")[0],
    )
