"""A directory with one database that a test may break, and what the engine in the image says."""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

import ladybug
import pytest

from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import AgentError
from ladybug_agent.resources.engine.checkpoint import run_checkpoint
from ladybug_agent.resources.engine.open_check import ExpectedDatabases, OpenedDatabases, check_open
from ladybug_agent.resources.engine.run import EngineRules
from support.engine_image import DOCKER, add_unfinished, overwrite

PAGE_BYTES = 4096
CATALOG_START = struct.Struct("<12xI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The directory, and how the image's engine is asked about it."""

    directory: Path
    image_id: str
    rules: EngineRules

    @property
    def database(self) -> Path:
        return self.directory / "sec.lbug"

    def beside(self, suffix: str) -> Path:
        return self.directory / f"sec.lbug{suffix}"

    def check(
        self, *, rules: EngineRules | None = None, within_s: float = 60.0, rows: int | None = None
    ) -> OpenedDatabases:
        expected = ExpectedDatabases(
            names=("sec",), counts={"sec": {"Filing": rows}} if rows else {}, count_all=True
        )
        engine, deadline = DockerEngine(DOCKER), Deadline.after(within_s, SystemClock())
        try:
            return check_open(
                engine, self.image_id, self.directory, expected, rules or self.rules, deadline
            )
        finally:
            assert engine.container(self.rules.container) is None

    def refusal(self) -> AgentError:
        with pytest.raises(AgentError) as caught:
            self.check()
        return caught.value

    def checkpoint(self) -> None:
        deadline = Deadline.after(60, SystemClock())
        engine, rules = DockerEngine(DOCKER), self.rules
        run_checkpoint(engine, self.image_id, self.directory, "sec", rules, deadline)

    def digests(self) -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.directory.iterdir()
        }


def a_snapshot(directory: Path, image_id: str, whole: Path) -> Snapshot:
    """Return a snapshot of one whole database, a copy of `whole`."""
    directory.chmod(0o755)  # the container's user reads it
    shutil.copy(whole, directory / "sec.lbug")
    rules = EngineRules(
        container=f"open-check-{uuid.uuid4().hex[:8]}",
        python="python3",
        uid=1000,
        memory_bytes=512 * 2**20,
    )
    return Snapshot(directory=directory, image_id=image_id, rules=rules)


def make_writable(snapshot: Snapshot) -> None:
    for path in (snapshot.directory, *snapshot.directory.iterdir()):
        os.chown(path, snapshot.rules.uid, snapshot.rules.uid)


def catalog(database: Path) -> int:
    """Return where the catalog begins."""
    page: int = CATALOG_START.unpack_from(database.read_bytes())[0]
    return page * PAGE_BYTES


def crash(snapshot: Snapshot) -> None:
    # Found by trying: this byte is in the type of the expression for a column's default value.
    overwrite(snapshot.database, catalog(snapshot.database) + 162, b"\x70")


def zero_catalog(snapshot: Snapshot) -> None:
    overwrite(snapshot.database, catalog(snapshot.database), bytes(PAGE_BYTES))


def cut(snapshot: Snapshot) -> None:
    os.truncate(snapshot.database, snapshot.database.stat().st_size // 2)


def tear_log(snapshot: Snapshot) -> None:
    log = add_unfinished(snapshot.database)
    log.chmod(0o644)
    os.truncate(log, log.stat().st_size - 5)


def garble_log(snapshot: Snapshot) -> None:
    snapshot.beside(".wal").write_bytes(b"garbage" * 100)


def leave_checkpoint(snapshot: Snapshot) -> None:
    snapshot.beside(".wal.checkpoint").touch()


def make_newer(snapshot: Snapshot) -> None:
    overwrite(snapshot.database, 4, (int(ladybug.storage_version) + 1).to_bytes(8, "little"))


def hide(snapshot: Snapshot) -> None:
    snapshot.database.chmod(0o600)
