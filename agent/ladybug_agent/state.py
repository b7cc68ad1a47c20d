"""The state directory: the lock, the registration id and the records. Lost at reboot by design."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import Busy, ExternalFailure
from ladybug_agent.files import write_atomically

LOCKS = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class Lock:
    """A file that one run of a verb holds at a time, and what is said to the second."""

    name: str
    busy: Callable[[], Busy]


BOOT = Lock(
    "bootstrap",
    lambda: Busy(
        "boot_already_running",
        "another bootstrap holds the lock",
        hint="follow it with `ladybug-agent status --wait`",
    ),
)
HYDRATION = Lock(
    "hydrate",
    lambda: Busy(
        "hydration_already_running",
        "another `hydrate run` holds the lock",
        hint="follow it with `ladybug-agent status`",
    ),
)


class StateDirectory:
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def record(self) -> Path:
        return self._path / "bootstrap.json"

    def _lock_file(self, lock: Lock) -> Path:
        return self._path / f"{lock.name}.lock"

    @property
    def served(self) -> Path:
        """What the boot left serving (`ladybug_agent.served`)."""
        return self._path / "served.json"

    @property
    def health(self) -> Path:
        """What one health check leaves for the next (`ladybug_agent.health.state`)."""
        return self._path / "health.json"

    @property
    def drain(self) -> Path:
        """How far a drain has come."""
        return self._path / "drain.json"

    @property
    def repair(self) -> Path:
        """The steps of the last repair, as a boot record."""
        return self._path / "repair.json"

    @property
    def evidence(self) -> Path:
        """What containers that a repair took away had to say, one file each."""
        return self._path / "evidence"

    def registration_id(self) -> str:
        """Return the id of this boot's registration, made on first use.

        A rerun of the boot keeps it, so that it may overwrite its own row; a reboot loses it.
        """
        path = self._path / "registration_id"
        with self._usable():
            if path.exists() and (known := path.read_text(encoding="ascii").strip()):
                return known
            made = str(uuid.uuid4())
            write_atomically(path, f"{made}\n")
        return made

    @contextmanager
    def locked(self, lock: Lock = BOOT) -> Iterator[None]:
        """Hold a lock; the kernel releases it if the process dies."""
        with self._usable():
            self._path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._lock_file(lock), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(handle, lock)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def locked_for_health(self) -> Iterator[None]:
        """Hold the lock of the health check. Raises Busy while another one runs."""
        with self._usable():
            self._path.mkdir(parents=True, exist_ok=True)
            path = self._path / "health.lock"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(
                    "health_check_already_running",
                    "another health check holds the lock",
                    hint="it ends by its own deadline (`health.deadline_s`)",
                ) from error
            yield
        finally:
            os.close(handle)

    def is_locked(self) -> bool:
        """Return whether a boot is running now; works as a plain user.

        Reads the kernel's table (proc_locks(5)), because trying the lock would hold it for a
        moment, in which a boot that starts would find it taken.
        """
        try:
            status = self._lock_file(BOOT).stat()
        except FileNotFoundError:
            return False
        device = status.st_dev
        file = f"{os.major(device):02x}:{os.minor(device):02x}:{status.st_ino}"
        table = LOCKS.read_text(encoding="ascii").splitlines()
        return any("FLOCK" in line and f" {file} " in line for line in table)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ExternalFailure(
                "state_directory_unusable",
                f"cannot read and write the state directory {self._path}",
                hint="run as root; is /run mounted and not full? see `instance.state_dir`",
            ) from error


def _lock(handle: int, lock: Lock) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise lock.busy() from error
