"""Our own hydration as a program: the agent's parts, without AWS and without a configuration.

It stands for the boot, in which the hot part is read: that has its libraries loaded and knows its
volume. So this one says `ready`, and waits for a byte, or the end, of its standard input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.adapters.file_layout import FiemapLayout
from ladybug_agent.adapters.map_directory import DirectoryMapStore
from ladybug_agent.adapters.page_cache import KernelPageCache
from ladybug_agent.adapters.pinned_device import pinned
from ladybug_agent.cli import tune_interpreter
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.hydrate.recorder import RecordingRules, Tier, record
from ladybug_agent.model.hydration import DiskReads
from ladybug_agent.model.storage import BlockDevice
from ladybug_agent.resources.hydration.map_codec import MOST_BYTES
from ladybug_agent.resources.hydration.maps import find_maps
from ladybug_agent.resources.hydration.pace import BackgroundRate
from ladybug_agent.resources.hydration.rest import read_rest_fast, read_rest_slowly
from ladybug_agent.resources.hydration.source import HydrationSource, OpenSource, opened_source
from ladybug_agent.resources.hydration.warming import Warming, plan_reads, warm

TIMEOUT_S = 600.0
ROOM_BYTES = 2**30
RULES = HydrationConfig()


def main() -> None:
    tune_interpreter()
    act, mount, *rest = sys.argv[1:]
    print("ready", flush=True)
    os.read(sys.stdin.fileno(), 1)
    deadline = Deadline.after(TIMEOUT_S, SystemClock())
    with opened(Path(mount)) as source:
        match act, rest:
            case "record", [_, maps, tier]:
                learn(source, Path(maps), "opening" if tier == "open" else "queries", deadline)
            case "plan", [maps, plan]:
                write_plan(source, Path(maps), Path(plan))
            case "hot", [maps]:
                store = DirectoryMapStore(Path(maps), most_bytes=MOST_BYTES)
                warm(source, store, ROOM_BYTES, RULES, deadline, Warming())
            case "full", _:
                read_rest_fast(source, RULES, deadline, lambda _: None)
            case "background", [rate]:
                read_beside(source, float(rate), deadline)


@contextmanager
def opened(mount: Path) -> Iterator[OpenSource]:
    """Open every database of the volume; nothing is remembered of earlier runs."""
    number = mount.stat().st_dev
    device_number = f"{os.major(number)}:{os.minor(number)}"
    sysfs = Path(f"/sys/dev/block/{device_number}").resolve()
    disk = BlockDevice(
        node=f"/dev/{sysfs.name}",
        device_number=device_number,
        size_bytes=int((sysfs / "size").read_text("ascii")) * 512,
        serial=None,
        disk_sequence=int((sysfs / "diskseq").read_text("ascii")),
    )
    names = tuple(path.stem for path in sorted((mount / "databases").glob("*.lbug")))
    with pinned(disk) as device:
        source = HydrationSource(
            pinned=device,
            volume_id="vol-bench",
            snapshot_id="",
            root=mount,
            databases_dir="databases",
            names=names,
        )
        # A ledger that cannot be kept on disk is kept in memory.
        with opened_source(source, FiemapLayout(), Path("/proc/ledgers")) as found:
            yield found


def learn(source: OpenSource, maps: Path, tier: Tier, deadline: Deadline) -> None:
    store = DirectoryMapStore(maps, most_bytes=MOST_BYTES)
    known = {m.hot.database_uuid: m.hot for m in find_maps(store, source.databases) if m.hot}
    rules = RecordingRules(
        cache=KernelPageCache(), store=store, state_dir=maps, snapshot_id="", tier=tier
    )
    record(source.databases, known, rules, deadline)


def write_plan(source: OpenSource, maps: Path, target: Path) -> None:
    """Write the reads of the hot part, in our order, for the compiled reader."""
    store = DirectoryMapStore(maps, most_bytes=MOST_BYTES)
    plan = plan_reads(source, find_maps(store, source.databases), RULES)
    paths = {file.handle: file.path for d in source.databases for file in d.files}
    lines = [f"{paths[p.handle]} {p.offset} {p.length} buffered\n" for p in plan.all]
    target.write_text("".join(lines), encoding="utf-8")


def read_beside(source: OpenSource, ceiling: float, deadline: Deadline) -> None:
    """Read everything beside queries, as the background does on a volume of this throughput."""
    number = source.source.pinned.disk.device_number

    def disk_reads() -> DiskReads:
        stat = Path(f"/sys/dev/block/{number}/stat").read_text(encoding="ascii")
        request_kib = Path(f"/sys/dev/block/{number}/queue/max_sectors_kb").read_text("ascii")
        return DiskReads(int(stat.split()[0]), int(request_kib) * 1024)

    rate = BackgroundRate(ceiling, RULES.background_share, deadline.clock.monotonic())
    read_rest_slowly(source, RULES, rate, disk_reads, deadline, lambda _: None)


if __name__ == "__main__":
    main()
