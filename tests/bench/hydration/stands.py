"""A database on a lazily loaded volume, cold and mounted anew for each measurement."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.hydration.regimes import INSTANT
from ladybug_lab.volumes.lazy.volume import LazyRules, LazyVolume, lazy_volume
from support.asking import Answers, ask
from support.graph_databases import graph_database, grown_database
from support.graph_rows import GraphSize
from support.graph_volumes import graph_volume

# A tmpfs: the volume is as fast as memory where its rules do not slow it down.
_MEMORY = Path("/dev/shm")
_PREFIX = "bench-hydration-"
_UNMOUNT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """The volume, cold but for what its mounting touched."""

    mount: Path
    database: Path
    volume: LazyVolume

    def touched_count(self) -> int:
        return len(self.volume.touched())


class Stand:
    """One database on one volume; `truth` is what it answers when nothing is in between."""

    def __init__(self, size: GraphSize, database: Path, volume: LazyVolume, mount: Path) -> None:
        self.size = size
        self._database = database
        self._volume = volume
        self._mount = mount
        self._truths: dict[int, Answers] = {}

    @property
    def database_bytes(self) -> int:
        return self._database.stat().st_size

    @property
    def device_bytes(self) -> int:
        return self._volume.image.stat().st_size

    def truth(self, seed: int, count: int) -> Answers:
        """Return the right answers to the first queries of that seed: so many, or some more."""
        known = self._truths.get(seed)
        if known is None or len(known.digests) < count:
            known = ask(self._database, self.size, seed, f"--count={count + count // 4}")
            self._truths[seed] = known
        return known

    @contextmanager
    def cold(self, rules: LazyRules) -> Iterator[Mounted]:
        """Mount the volume with nothing fetched and nothing cached, for the time of one run.

        Unmounted in between, so that its page cache goes without that of the whole machine: the
        engine and the programs that are measured stay where they are.
        """
        _await_unmounted(self._volume.node)
        self._volume.make_cold()
        self._volume.set_rules(INSTANT)  # the mount is the same for everybody, and not measured
        options = "ro,nouuid,noatime"
        argv = ["mount", "-o", options, str(self._volume.node), str(self._mount)]
        subprocess.run(argv, check=True)
        try:
            database = self._mount / "databases" / self._database.name
            assert _cached_pages(database) == 0
            self._volume.set_rules(rules)
            yield Mounted(mount=self._mount, database=database, volume=self._volume)
        finally:
            self._volume.set_rules(INSTANT)  # what still is being read is let go
            subprocess.run(["umount", str(self._mount)], check=True)


def _await_unmounted(node: Path) -> None:
    """Block until no mount namespace has the filesystem any more, and its page cache is gone.

    A container that starts has a copy of every mount for a moment, in which ours outlives `umount`.
    """
    give_up = time.monotonic() + _UNMOUNT_S
    while True:
        try:
            os.close(os.open(node, os.O_RDONLY | os.O_EXCL))
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.005)
        else:
            return


def _cached_pages(file: Path) -> int:
    argv = ["fincore", "--bytes", "--noheadings", "--output=PAGES", str(file)]
    return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


class Stands:
    """The stands that were asked for so far; each is made when it is first needed."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._stack = stack
        self._made: dict[tuple[str, bool], Stand] = {}

    def stand(self, size: GraphSize, *, grown: bool = False) -> Stand:
        """Return the stand; the first time seconds, or minutes if the database is not there yet."""
        key = (size.name, grown)
        if key not in self._made:
            self._made[key] = self._make(size, grown=grown)
        return self._made[key]

    def _make(self, size: GraphSize, *, grown: bool) -> Stand:
        database = grown_database(size) if grown else graph_database(size)
        image = graph_volume(database, self.directory)
        volume = self._stack.enter_context(lazy_volume(image, INSTANT))
        mount = self.directory / f"{database.parent.name}.mount"
        mount.mkdir()
        return Stand(size, database, volume, mount)


@contextmanager
def open_stands() -> Iterator[Stands]:
    """Keep the volumes in memory until the end: 1.1 times the size of the databases."""
    _remove_left()
    with (
        tempfile.TemporaryDirectory(dir=_MEMORY, prefix=f"{_PREFIX}{os.getpid()}-") as directory,
        ExitStack() as stack,
    ):
        yield Stands(Path(directory), stack)


def _remove_left() -> None:
    """Give back the memory that a run which was killed has left."""
    for left in _MEMORY.glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left)
