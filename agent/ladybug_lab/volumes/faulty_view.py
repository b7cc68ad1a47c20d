"""The process behind `faulty_file`: serves one file over FUSE and takes orders on its fd 0."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mfusepy

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

_UNMOUNT_TIMEOUT_S = 10.0
_MESSAGE_BYTES = 4096
# Each read that hangs holds a thread of libfuse; the other reads are to go on beside them.
_THREADS = 64
_FIRST_WITH_MAX_THREADS = (3, 12)


class Faults:
    """Which bytes cannot be read just now; asked by the threads of libfuse."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._failing: list[range] = []
        self._hanging: list[range] = []
        self._blocked = 0

    def admit(self, wanted: range) -> None:
        """Return when the bytes may be read; raise EIO if they are to fail."""
        with self._changed:
            if _touches(wanted, self._hanging):
                self._blocked += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: not _touches(wanted, self._hanging))
                self._blocked -= 1
            if _touches(wanted, self._failing):
                raise OSError(errno.EIO, os.strerror(errno.EIO))

    def fail(self, start: int, end: int) -> bool:
        with self._changed:
            self._failing.append(range(start, end))
        return True

    def hang(self, start: int, end: int) -> bool:
        with self._changed:
            self._hanging.append(range(start, end))
        return True

    def release(self) -> bool:
        with self._changed:
            self._failing.clear()
            self._hanging.clear()
            self._changed.notify_all()
        return True

    def await_blocked(self, timeout_s: float) -> bool:
        """Tell whether a read hangs, as soon as one does."""
        with self._changed:
            return self._changed.wait_for(lambda: self._blocked > 0, timeout_s)


def _touches(wanted: range, ranges: list[range]) -> bool:
    return any(wanted.start < one.stop and one.start < wanted.stop for one in ranges)


class FaultyView:
    """A directory with one file, which is the backing file; the methods are those of libfuse."""

    use_ns = True

    def __init__(self, backing: Path, faults: Faults, on_mounted: Callable[[], None]) -> None:
        self._name = f"/{backing.name}"
        self._backing = os.open(backing, os.O_RDWR)
        self._faults = faults
        self._on_mounted = on_mounted

    def init(self, _path: str) -> None:
        self._on_mounted()

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, int]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path != self._name:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        size_bytes = os.fstat(self._backing).st_size
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size_bytes}

    def open(self, _path: str, _flags: int) -> int:
        return 0

    def read(self, _path: str, size: int, offset: int, _fh: int) -> bytes:
        self._faults.admit(range(offset, offset + size))
        return os.pread(self._backing, size, offset)

    def write(self, _path: str, data: bytes, offset: int, _fh: int) -> int:
        return os.pwrite(self._backing, data, offset)

    def fsync(self, _path: str, _datasync: int, _fh: int) -> int:
        os.fsync(self._backing)
        return 0


def obey(control: socket.socket, faults: Faults, mount_point: Path) -> None:
    """Take orders until the other side closes or dies; then leave nothing behind."""
    orders: dict[str, Callable[..., bool]] = {
        "fail": faults.fail,
        "hang": faults.hang,
        "release": faults.release,
        "await_blocked": faults.await_blocked,
    }
    with contextlib.suppress(ConnectionError):
        control.send(os.fsencode(mount_point))
        while message := control.recv(_MESSAGE_BYTES):
            order, *arguments = json.loads(message)
            control.send(json.dumps(orders[order](*arguments)).encode())
    faults.release()
    # Lazy: a loop device may still hold the file. Its reads end with an error when we are gone.
    with contextlib.suppress(LabError):
        run(["umount", "--lazy", str(mount_point)], timeout_s=_UNMOUNT_TIMEOUT_S)
        mount_point.rmdir()
    os._exit(0)  # libfuse would wait for whoever holds the file


def main(backing: Path) -> None:
    faults = Faults()
    control = socket.socket(fileno=0)
    mount_point = Path(tempfile.mkdtemp(prefix="lab-faulty-"))
    listener = threading.Thread(target=obey, args=(control, faults, mount_point))
    options: dict[str, Any] = {"foreground": True, "direct_io": True}  # no cache before the faults
    version = (mfusepy.fuse_version_major, mfusepy.fuse_version_minor)
    if version >= _FIRST_WITH_MAX_THREADS:
        options["max_threads"] = _THREADS
    try:
        mfusepy.FUSE(FaultyView(backing, faults, listener.start), str(mount_point), **options)
    except (OSError, RuntimeError):  # no such backing file; no mount
        mount_point.rmdir()
        raise


if __name__ == "__main__":
    main(Path(sys.argv[1]))
