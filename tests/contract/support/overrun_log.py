"""A log like `/dev/kmsg` that was overrun before it was read; served over FUSE by a process.

No file of the system gives EPIPE at a read, which is how the kernel tells that records were lost.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RECORD = b"4,9001,1,-;XFS (nvme1n1): said after the gap\n"


class OverrunLog:
    """The first read tells of the gap, the next one gives a record, and then there is no more."""

    use_ns = True

    def __init__(self) -> None:
        self._answers = [errno.EPIPE, errno.EPIPE, 0]

    def init(self, _path: str) -> None:
        print(flush=True)  # it is mounted

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, int]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        return {"st_mode": stat.S_IFREG | 0o400, "st_nlink": 1, "st_size": 0}

    def open(self, _path: str, _flags: int) -> int:
        return 0

    def read(self, _path: str, _size: int, _offset: int, _fh: int) -> bytes:
        error = self._answers.pop(0) if self._answers else errno.EAGAIN
        if error:
            raise OSError(error, os.strerror(error))
        return RECORD


@contextmanager
def overrun_log(directory: Path) -> Iterator[Path]:
    argv = [sys.executable, __file__, str(directory)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        try:
            yield directory / "kmsg"
        finally:
            subprocess.run(["umount", str(directory)], check=True)


if __name__ == "__main__":
    import mfusepy

    mfusepy.FUSE(OverrunLog(), sys.argv[1], foreground=True, direct_io=True, nothreads=True)
