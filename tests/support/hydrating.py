"""A graph database on a lazily loaded volume, mounted as by the boot, and `hydrate` on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ladybug_agent.adapters.file_layout import FiemapLayout
from ladybug_lab.agent_process import AgentRun, agent_command, run_agent
from ladybug_lab.toml import as_toml
from ladybug_lab.volumes.lazy.volume import (
    BLOCK_BYTES,
    LazyRules,
    LazyVolume,
    Request,
    lazy_volume,
)
from support.asking import Answers, Asking, asking
from support.graph_databases import QUARTER

INSTANT = LazyRules(first_touch_s=0.0, base_s=0.0)
SLOW = LazyRules(first_touch_s=0.030)
NAME = QUARTER.name
_TIMEOUT_S = 60.0


@dataclass(slots=True)
class HydrationScene:
    """The volume, where it is mounted, and a configuration of `hydrate` for it."""

    volume: LazyVolume
    directory: Path
    settings: dict[str, Any] = field(default_factory=dict)
    """Keys of the section `[hydration]`."""
    _mounted_after: int = 0
    """So many requests came before the end of the mount."""

    @property
    def mount(self) -> Path:
        return self.directory / "data"

    @property
    def database(self) -> Path:
        return self.mount / f"databases/{NAME}.lbug"

    @property
    def maps(self) -> Path:
        return self.directory / "maps"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def report(self) -> dict[str, Any]:
        """What `hydrate run` has written of itself."""
        found: dict[str, Any] = json.loads((self.state / "hydration.json").read_text("utf-8"))
        return found

    @property
    def config_file(self) -> Path:
        return self.directory / "config.toml"

    def make_cold(self, rules: LazyRules = INSTANT) -> None:
        """Mount the volume anew, with nothing fetched but what the mount itself touches."""
        self.unmount()
        self.volume.make_cold()
        self.volume.set_rules(INSTANT)
        options = "ro,nouuid,noatime"
        argv = ["mount", "-o", options, str(self.volume.node), str(self.mount)]
        subprocess.run(argv, check=True)
        self._mounted_after = len(self.volume.requests())
        self.volume.set_rules(rules)

    def unmount(self) -> None:
        self.volume.set_rules(INSTANT)
        while self.mount.is_mount():
            subprocess.run(["umount", str(self.mount)], check=True)

    def blocks(self) -> set[int]:
        """Return the blocks that the database lies in."""
        handle = os.open(self.database, os.O_RDONLY)
        try:
            extents = FiemapLayout().extents(handle)
        finally:
            os.close(handle)
        return {
            block
            for extent in extents
            for block in range(
                extent.physical // BLOCK_BYTES,
                -(-(extent.physical + extent.length) // BLOCK_BYTES),
            )
        }

    def whole_reads(self) -> list[int]:
        """Return the blocks that were read as a whole since the mount, in order."""
        return [request.offset // BLOCK_BYTES for request in self.large_reads()]

    def requests(self) -> tuple[Request, ...]:
        """Return the reads since the mount."""
        return self.volume.requests()[self._mounted_after :]

    def large_reads(self) -> list[Request]:
        """Return the reads since the mount that are no query's and no page of a map's."""
        return [read for read in self.requests() if read.length >= BLOCK_BYTES // 4]

    def hydrate(self, *arguments: str) -> AgentRun:
        """Run `ladybug-agent hydrate …` to its end; AWS and metadata are out of reach."""
        return run_agent(self._argv(*arguments), self.environment(), timeout_s=_TIMEOUT_S)

    def command(self, *arguments: str) -> list[str]:
        return agent_command(*self._argv(*arguments))

    @staticmethod
    def environment() -> dict[str, str]:
        """Return what keeps the agent from AWS, and from any metadata service."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        nobody = "http://127.0.0.1:9"
        return kept | {"AWS_EC2_METADATA_SERVICE_ENDPOINT": nobody, "AWS_ENDPOINT_URL": nobody}

    @contextmanager
    def hydrating(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run `ladybug-agent hydrate …` beside the block; killed at its end if it still runs."""
        with subprocess.Popen(
            self.command(*arguments),
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _argv(self, act: str, *arguments: str) -> list[str]:
        self._write_configuration()
        return ["hydrate", act, *arguments, "--config", str(self.config_file)]

    def _write_configuration(self) -> None:
        sections: dict[str, dict[str, Any]] = {
            "instance": {
                "environment": "test",
                "state_dir": str(self.state),
                "boots_dir": str(self.directory / "boots"),
            },
            "data": {"databases": [NAME], "mount_point": str(self.mount)},
            "hydration": {
                "maps": str(self.maps),
                "ledger_dir": str(self.directory / "ledgers"),
                "record": "never",
                "record_after_s": 1,
                **self.settings,
            },
            "container": {"image": "graph-api:1"},
            "registry": {"table": "not-there"},
        }
        self.config_file.write_text(as_toml(sections), encoding="utf-8")

    def forget_ledger(self) -> None:
        """Forget which blocks have been read, as another volume would not know it."""
        for path in (self.directory / "ledgers").glob("*"):
            path.unlink()

    def learn(self, *seeds: int) -> None:
        """Let a client ask with each of these seeds on a cold volume, and record both tiers."""
        for seed in seeds:
            self.make_cold()
            with asking(self.database, QUARTER, seed, "--pause") as client:
                client.release()
                client.await_opened()
                assert self.hydrate("record", "--tier", "opening").status == 0
                client.release()
                client.answers()
                assert self.hydrate("record").status == 0

    def time_to_useful(self, *, seed: int, with_hydration: bool) -> tuple[float, Answers]:
        """Return the seconds from the mount to the 15th answer; hydration starts with the client.

        The agent's interpreter has been started before, as in a boot.
        """
        with asking(self.database, QUARTER, seed) as client:
            if not with_hydration:
                began = time.monotonic()
                client.release()
                return self._until_answered(client, began)
            with self._hot_reader() as orders:
                began = time.monotonic()
                client.release()
                orders.write(b"\n")
                return self._until_answered(client, began)

    @contextmanager
    def _hot_reader(self) -> Iterator[IO[bytes]]:
        """Start what reads the hot part at a byte on its standard input; wait for its end."""
        argv = [sys.executable, "-m", "support.hydrator", "hot", str(self.mount), str(self.maps)]
        environment = self.environment() | {"PYTHONPATH": str(Path(__file__).parent.parent)}
        with subprocess.Popen(
            argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process.stdin
            process.stdin.close()
            assert process.wait(_TIMEOUT_S) == 0

    def _until_answered(self, client: Asking, began: float) -> tuple[float, Answers]:
        answers: Answers = client.answers()
        return answers.answered[-1] - began, answers


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = 20.0) -> None:
    """Block until the condition holds."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, f"{what} did not come in {timeout_s:g} s"
        time.sleep(0.01)


@contextmanager
def hydration_scene(image: Path, directory: Path) -> Iterator[HydrationScene]:
    """Attach the image as a lazily loaded volume and mount it, until the end."""
    with lazy_volume(image, INSTANT) as volume:
        # As in the boot: even a read-only mount would write to the journal of a writable device.
        subprocess.run(["blockdev", "--setro", str(volume.node)], check=True)
        scene = HydrationScene(volume, directory)
        scene.mount.mkdir()
        try:
            scene.make_cold()
            yield scene
        finally:
            volume.release()
            scene.unmount()
