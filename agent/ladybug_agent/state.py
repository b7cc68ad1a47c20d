"""The state directory: the lock, the registration id and the records. Lost at reboot by design."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ladybug_agent.errors import Busy, ExternalFailure
from ladybug_agent.files import write_atomically
from ladybug_agent.locks import hold

LOCKS = Path("/proc/locks")
LOCK_NAME = "bootstrap.lock"


class StateDirectory:
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def record(self) -> Path:
        return self._path / "bootstrap.json"

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
        """How far a drain has come (`ladybug_agent.drain.record`)."""
        return self._path / "drain.json"

    @property
    def drain_undone(self) -> Path:
        """Is there once an operator has undone the drain that `drain` tells of."""
        return self._path / "drain.undone"

    @property
    def announced(self) -> Path:
        """What `watch` has heard of the instance's end (`ladybug_agent.announced`)."""
        return self._path / "announced.json"

    @property
    def refresh(self) -> Path:
        """The record of the last refresh."""
        return self._path / "refresh.json"

    @property
    def repair(self) -> Path:
        """The steps of the last repair, as a boot record."""
        return self._path / "repair.json"

    @property
    def evidence(self) -> Path:
        """What containers that a repair took away had to say, one file each."""
        return self._path / "evidence"

    def known_registration_id(self) -> str | None:
        """Return the id of this boot's registration; None if no boot of the agent began."""
        with self._usable():
            path = self._path / "registration_id"
            return path.read_text(encoding="ascii").strip() or None if path.exists() else None

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
    def locked(self) -> Iterator[None]:
        """Hold the lock of the boot; the kernel releases it if the process dies."""
        with self._held(LOCK_NAME, _boot_runs):
            yield

    @contextmanager
    def locked_for_health(self) -> Iterator[None]:
        """Hold the lock of the health check. Raises Busy while another one runs."""
        with self._held("health.lock", _health_check_runs):
            yield

    @contextmanager
    def locked_for_hydration(self) -> Iterator[None]:
        """Hold the lock of the background hydration. Raises Busy while another run does."""
        with self._held("hydrate.lock", _hydration_runs):
            yield

    @contextmanager
    def locked_for_refresh(self) -> Iterator[None]:
        """Hold the lock of the refresh. Raises Busy while another one runs."""
        with self._held("refresh.lock", _refresh_runs):
            yield

    @contextmanager
    def locked_for_drain(self) -> Iterator[None]:
        """Hold the lock of the drain. Raises Busy while another one runs."""
        with self._held("drain.lock", _drain_runs):
            yield

    @contextmanager
    def locked_for_drain_phase(self) -> Iterator[None]:
        """Hold the lock under which a drain passes the point of no return, or is undone."""
        with self._held("drain-phase.lock", _drain_runs):
            yield

    def is_locked(self) -> bool:
        """Return whether a boot is running now; works as a plain user."""
        return self.lock_holder() is not None

    def lock_holder(self) -> int | None:
        """Return the process id of the boot that is running now, if one is.

        Reads the kernel's table (proc_locks(5)), because trying the lock would hold it for a
        moment, in which a boot that starts would find it taken.
        """
        try:
            status = (self._path / LOCK_NAME).stat()
        except FileNotFoundError:
            return None
        device = status.st_dev
        file = f"{os.major(device):02x}:{os.minor(device):02x}:{status.st_ino}"
        table = (line.split() for line in LOCKS.read_text(encoding="ascii").splitlines())
        return next((int(row[4]) for row in table if "FLOCK" in row and file in row), None)

    @contextmanager
    def _held(self, name: str, taken: Callable[[], Busy]) -> Iterator[None]:
        with ExitStack() as held:
            with self._usable():
                held.enter_context(hold(self._path / name, taken))
            yield

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


def _refresh_runs() -> Busy:
    return Busy(
        "refresh_already_running",
        "another refresh holds the lock",
        hint="wait for it to end; its record is refresh.json in `instance.state_dir`",
    )


def _drain_runs() -> Busy:
    return Busy(
        "drain_already_running",
        "another drain holds the lock",
        hint="it ends by its own budget (`drain.budget_s`); its record is drain.json in"
        " `instance.state_dir`",
    )


def _hydration_runs() -> Busy:
    return Busy(
        "hydration_already_running",
        "another `hydrate run` holds the lock",
        hint="follow it with `ladybug-agent status`",
    )


def _boot_runs() -> Busy:
    return Busy(
        "boot_already_running",
        "another bootstrap holds the lock",
        hint="follow it with `ladybug-agent status --wait`",
    )


def _health_check_runs() -> Busy:
    return Busy(
        "health_check_already_running",
        "another health check holds the lock",
        hint="it ends by its own deadline (`health.deadline_s`)",
    )
