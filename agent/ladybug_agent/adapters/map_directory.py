"""Hot maps in a directory: baked into a machine image, or made by hand."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.files import write_bytes_atomically
from ladybug_agent.model.hydration import StoredMap

SUFFIX = ".hotmap"


class DirectoryMapStore:
    """One file for each database; several processes may replace them."""

    def __init__(self, directory: Path, *, most_bytes: int) -> None:
        self._directory = directory
        self._most_bytes = most_bytes

    @property
    def where(self) -> str:
        return str(self._directory)

    def load(self, database_uuid: str) -> StoredMap | None:
        path = self._directory / f"{database_uuid}{SUFFIX}"
        with self._usable():
            try:
                status = path.stat()
            except FileNotFoundError:
                return None
            if not stat.S_ISREG(status.st_mode):  # a read of what is no file may never end
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            if status.st_size > self._most_bytes:
                raise ExternalFailure(
                    "hot_map_too_large",
                    f"{path} has {status.st_size} bytes, at most {self._most_bytes} are read",
                    hint="no hot map is that large: delete the file, and it is recorded anew",
                )
            data = path.read_bytes()
        return StoredMap(data=data, version=hashlib.sha256(data).hexdigest())

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        with self._usable():
            self._directory.mkdir(parents=True, exist_ok=True)
        with self._locked():
            held = self.load(database_uuid)
            if (held.version if held else None) != version:
                return False
            with self._usable():
                write_bytes_atomically(
                    self._directory / f"{database_uuid}{SUFFIX}", data, durable=True
                )
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._usable():
            handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExternalFailure(
                "hot_map_store_unusable",
                f"cannot use the directory {self._directory} for hot maps",
                hint="does it exist, and may root write there? see `hydration.maps`",
            ) from error
