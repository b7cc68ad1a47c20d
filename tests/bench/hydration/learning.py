"""Maps as replicas leave them: recorded beside a client that asked its own keys, and merged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.hydration import ours
from bench.hydration.ours import Tier
from bench.hydration.regimes import INSTANT
from bench.hydration.stands import Mounted, Stand, Stands
from support.asking import asking
from support.graph_mix import USEFUL
from support.graph_rows import GraphSize

# The rounds ask the keys of seeds from 1 on.
_OTHER_SEEDS = range(1001, 1006)


class Learned:
    """The maps and plans that were asked for so far, by the keys that they were recorded from."""

    def __init__(self, stands: Stands) -> None:
        self._stands = stands
        self._directory = stands.directory

    def same_keys(self, size: GraphSize, seed: int) -> Path:
        """Return the map of one recording of the very keys that are asked."""
        return self._maps(size, f"same-{seed}", [seed])

    def other_keys(self, size: GraphSize) -> Path:
        """Return the map of five recordings, of none of the keys that are asked."""
        return self._maps(size, "others", _OTHER_SEEDS)

    def plan(self, size: GraphSize, maps: Path) -> Path:
        """Return what our engine would read with this map, for the compiled reader."""
        plan = maps.with_suffix(".plan")
        if not plan.exists():
            with self._stands.stand(size).cold(INSTANT) as mounted:
                ours.write_plan(mounted.mount, maps, plan)
        return plan

    def _maps(self, size: GraphSize, name: str, seeds: Iterable[int]) -> Path:
        maps = self._directory / f"{size.name}-{name}.maps"
        if not maps.exists():
            maps.mkdir()
            for seed in seeds:
                record(self._stands.stand(size), seed, maps)
        return maps


def record(stand: Stand, seed: int, maps: Path) -> None:
    """Let a client ask on a volume that nobody hydrated, and record after its open and its end."""
    with (
        stand.cold(INSTANT) as mounted,
        asking(mounted.database, stand.size, seed, "--pause") as client,
    ):
        client.release()
        client.await_opened()
        _record(mounted, maps, Tier.OPEN)
        client.release()
        client.answers().check(stand.truth(seed, USEFUL))
        _record(mounted, maps, Tier.QUERIES)


def _record(mounted: Mounted, maps: Path, tier: Tier) -> None:
    ours.record(mounted.mount, mounted.database.stem, maps, tier)
