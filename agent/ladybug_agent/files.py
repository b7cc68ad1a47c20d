"""Files the agent keeps for itself: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace `path` by `text`; see `write_bytes_atomically`."""
    write_bytes_atomically(path, text.encode(), mode=mode, durable=durable)


def write_bytes_atomically(
    path: Path, data: bytes, *, mode: int = 0o644, durable: bool = False
) -> None:
    """Replace `path` by `data` so that a reader sees the old or the new file, whole.

    Holds for a process that is killed at any moment; `durable` also for a power cut or a snapshot.
    The agent's own files live in /run, which a power cut empties, and a boot writes its record two
    dozen times: they need no fsync. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            os.fchmod(handle, mode)
            if durable:
                out.flush()
                os.fsync(handle)
        Path(temporary).replace(path)
        if durable:
            _sync_directory(path.parent)
    except BaseException:  # leaves no draft behind, and is raised again
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_directory(path: Path) -> None:
    """Make the new name itself durable: fsync(2) of a file leaves out its directory entry."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
