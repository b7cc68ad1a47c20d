"""A replica that serves: its volume is mounted, and holds one database of some blocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakes.build import FakeWorld, a_config, a_world
from fakes.clock import FakeClock
from fakes.databases import DATABASE_UUID, database_bytes
from fakes.loading import PAGES_A_BLOCK
from fakes.mounts import FakeMounts
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import Config
from ladybug_agent.hydrate.run import HydrateRun
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import decode_map, encode_map

BLOCKS = 12
VOLUME_ID = "vol-0123456789abcdef0"
IDENTITY = str(DATABASE_UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """Its readers are threads, so its time is real; what it serves is of the fakes."""

    config: Config
    world: FakeWorld
    root: Path

    @classmethod
    def make(
        cls,
        tmp_path: Path,
        *,
        hot: HotMap | None = None,
        options: tuple[str, ...] | None = ("ro",),
        config: Mapping[str, object] | None = None,
        block_devices: FakeBlockDevices | None = None,
        **parts: object,
    ) -> Replica:
        """Make it with a map, if one is given; without `options` nothing is mounted."""
        clock = FakeClock()
        devices = block_devices or FakeBlockDevices(clock)
        contents = {"databases/sec.lbug": database_bytes(pages=BLOCKS * PAGES_A_BLOCK)}
        mounts = FakeMounts(devices, contents=contents)
        usual = {"hydration.mode": "on", "hydration.record_after_s": 0.0}
        made = cls(
            config=a_config(tmp_path, **{**usual, **(config or {})}),
            world=a_world(clock, **{"block_devices": devices, "mounts": mounts, **parts}),
            root=tmp_path / "volume",
        )
        if options:
            mounts.mount(DISK.node, made.root, "xfs", options, Deadline.after(9, clock))
        if hot:
            made.world.maps.maps[IDENTITY] = encode_map(hot)
        return made

    @property
    def database(self) -> Path:
        return self.root / "databases" / "sec.lbug"

    @property
    def state_dir(self) -> Path:
        return Path(self.config.instance.state_dir)

    @property
    def report(self) -> dict[str, Any]:
        """What `hydration.json` says now."""
        text = (self.state_dir / "hydration.json").read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    @property
    def map(self) -> HotMap | None:
        """What is stored of the database now."""
        data = self.world.maps.maps.get(IDENTITY)
        return decode_map(data) if data else None

    def run(self, deadline: Deadline | None = None, *, fast: bool = False) -> HydrateRun:
        limit = deadline or Deadline.after(60, SystemClock())
        return HydrateRun(config=self.config, world=self.world, deadline=limit, fast=fast)

    def without_maps(self) -> Replica:
        return replace(self, world=replace(self.world, maps=None))  # type: ignore[arg-type]


def bytes_read() -> int:
    """Return what this process has read so far, from wherever (proc_pid_io(5))."""
    text = Path("/proc/self/io").read_text(encoding="ascii")
    return int(text.split("rchar: ")[1].split()[0])
