"""Scenario of reading everything: how fast beside the peers and under a cap, and what it takes."""

from __future__ import annotations

from bench.hydration import ours, peers
from bench.hydration.programs import Program
from bench.hydration.regimes import MB, UNCAPPED, volume_capped
from bench.hydration.runs import Command, Used, use
from bench.hydration.scenario import Bar, Row, Scenario, World
from bench.hydration.stands import Mounted
from ladybug_lab.volumes.lazy.volume import LazyRules
from support.graph_databases import ONE

CAPS_MB_S = (125, 250)
FIO_DEPTHS = (1, 2, 4, 8, 16, 32, 64)
_FIO_SECONDS = 2
_DD_MIB = 128
_GB = 1000 * MB


def _full(mounted: Mounted) -> Program:
    return ours.full(mounted.mount)


def _measure(world: World, number: int) -> Row:
    stand = world.stands.stand(ONE)
    database_bytes = stand.database_bytes
    maps = world.learned.other_keys(ONE)

    def run(command: Command, rules: LazyRules = UNCAPPED) -> Used:
        return use(stand, rules, command)

    full = run(_full)
    fio = run(peers.fio)
    dd = run(lambda mounted: peers.dd(mounted, megabytes=_DD_MIB))
    hot = run(lambda mounted: ours.hot(mounted.mount, maps))
    capped = {cap: run(_full, volume_capped(cap * MB)) for cap in CAPS_MB_S}
    depths = FIO_DEPTHS if number == 0 else ()
    return Row(
        values={
            "ours_mb_s": database_bytes / full.wall_s / MB,
            "fio_mb_s": stand.device_bytes / fio.wall_s / MB,
            "dd_mb_s": _DD_MIB * 2**20 / dd.wall_s / MB,
            **{
                f"share_of_{cap}_mb_s": database_bytes / used.wall_s / MB / cap
                for cap, used in capped.items()
            },
            "cpu_s_per_gb": full.cpu_s / database_bytes * _GB,
            "capped_cpu_s_per_gb": capped[250].cpu_s / database_bytes * _GB,
            "memory_mb": max(used.memory_mb for used in (full, *capped.values())),
            "hot_memory_mb": hot.memory_mb,
        },
        curves={
            "fio_depth": [float(depth) for depth in depths],
            "fio_depth_mb_s": [_fio_mb_s(world, depth) for depth in depths],
        },
    )


def _fio_mb_s(world: World, depth: int) -> float:
    """Return what fio reaches at this depth in its first seconds; blocks touched tell how far."""
    stand = world.stands.stand(ONE)
    used = use(
        stand,
        UNCAPPED,
        lambda mounted: peers.fio(mounted, depth=depth, seconds=_FIO_SECONDS),
    )
    return used.touched_bytes / used.wall_s / MB


READING = Scenario(
    name="reading",
    about="all of 1 GB, first touch 30 ms; uncapped, and with volumes of 125 and 250 MB/s",
    measure=_measure,
    bars=(
        Bar(of="ours_mb_s", against="fio_mb_s", limit=0.9, at_least=True),
        Bar(of="ours_mb_s", against="dd_mb_s", limit=5.0, at_least=True),
        *(Bar(of=f"share_of_{cap}_mb_s", limit=0.95, at_least=True) for cap in CAPS_MB_S),
        Bar(of="cpu_s_per_gb", limit=0.5),
        Bar(of="capped_cpu_s_per_gb", limit=0.5),
        Bar(of="memory_mb", limit=80),
        Bar(of="hot_memory_mb", limit=80),
    ),
)
