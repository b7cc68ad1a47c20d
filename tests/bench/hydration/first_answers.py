"""Scenarios of the first useful answers: from mounted to the fifteenth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.hydration import ours, peers
from bench.hydration.regimes import CAPPED, UNCAPPED
from bench.hydration.runs import COLD, Answered, Method, answer
from bench.hydration.scenario import Bar, Row, Scenario, World
from bench.hydration.stands import Stand
from ladybug_lab.volumes.lazy.volume import LazyRules
from support.graph_databases import FOUR, ONE, QUARTER
from support.graph_rows import GraphSize

FULL_FIRST = Method(command=lambda mounted: ours.full(mounted.mount), first=True)
DD_FIRST = Method(command=peers.dd, first=True)
FIO_FIRST = Method(command=peers.fio, first=True)


def with_map(maps: Path) -> Method:
    return Method(command=lambda mounted: ours.hot(mounted.mount, maps))


def with_reader(plan: Path) -> Method:
    return Method(command=lambda _: peers.reader(plan))


def _methods(world: World, size: GraphSize, seed: int, names: Sequence[str]) -> dict[str, Method]:
    """Return the methods by the names under which their figures are told."""
    learned = world.learned
    known = {
        "cold": lambda: COLD,
        "dd_first": lambda: DD_FIRST,
        "fio_first": lambda: FIO_FIRST,
        "full_first": lambda: FULL_FIRST,
        "same_keys": lambda: with_map(learned.same_keys(size, seed)),
        "other_keys": lambda: with_map(learned.other_keys(size)),
        "reader_same_keys": lambda: with_reader(learned.plan(size, learned.same_keys(size, seed))),
        "reader_other_keys": lambda: with_reader(learned.plan(size, learned.other_keys(size))),
    }
    return {name: known[name]() for name in names}


def _row(
    stand: Stand, rules: LazyRules, seed: int, methods: dict[str, Method], prefix: str = ""
) -> Row:
    found: dict[str, Answered] = {
        f"{prefix}{name}": answer(stand, rules, seed, method) for name, method in methods.items()
    }
    return Row(
        values={f"{name}_s": run.useful_s for name, run in found.items()}
        | {f"{name}_touched": float(run.touched) for name, run in found.items()},
        curves={name: run.answered_s for name, run in found.items()},
    )


def _bars(limits: dict[str, tuple[float, float]]) -> tuple[Bar, ...]:
    """Return the bars of the map of the same keys, and of other keys, against each of these."""
    return tuple(
        Bar(of=f"{keys}_keys_s", against=f"{against}_s", limit=limit)
        for against, pair in limits.items()
        for keys, limit in zip(("same", "other"), pair, strict=True)
    )


_MAPS = ("same_keys", "other_keys")
_SLOW = ("other_keys", "full_first", "cold")
_READERS = ("reader_same_keys", "reader_other_keys")
_AGAINST_READER = tuple(
    Bar(of=f"{name}_s", against=f"reader_{name}_s", limit=1.8) for name in _MAPS
)


def _seed(number: int) -> int:
    """Return other keys for each round: some are luckier than others."""
    return number + 1


def _uncapped(world: World, number: int) -> Row:
    names = ("cold", *_MAPS, *_READERS, "full_first", "fio_first", "dd_first")
    methods = _methods(world, ONE, _seed(number), names)
    return _row(world.stands.stand(ONE), UNCAPPED, _seed(number), methods)


def _capped(world: World, number: int) -> Row:
    names = ("cold", *_MAPS, *_READERS, "full_first")
    methods = _methods(world, ONE, _seed(number), names)
    return _row(world.stands.stand(ONE), CAPPED, _seed(number), methods)


def _large(world: World, number: int) -> Row:
    names = (*_MAPS, "full_first", *(["cold"] if number == 0 else []))
    methods = _methods(world, FOUR, _seed(number), names)
    return _row(world.stands.stand(FOUR), CAPPED, _seed(number), methods)


def _changed(world: World, number: int) -> Row:
    """Use the maps of the database as it was before it grew."""
    methods = _methods(world, ONE, _seed(number), ("cold", *_MAPS))
    return _row(world.stands.stand(ONE, grown=True), UNCAPPED, _seed(number), methods)


def _growth(world: World, number: int) -> Row:
    """Measure the smallest and the largest; what lies between is `uncapped` and `capped`."""
    values: dict[str, float] = {}
    for size in (QUARTER, FOUR):
        for regime, rules in (("uncapped", UNCAPPED), ("capped", CAPPED)):
            # Beside what the map costs to read, the queries themselves take longer: see its reader.
            names = ["same_keys", *(["reader_same_keys"] if regime == "uncapped" else [])]
            if number == 0:
                # Half a minute of the largest, capped, is for `large`.
                names += _SLOW if (size, regime) != (FOUR, "capped") else ["other_keys"]
            methods = _methods(world, size, _seed(number), names)
            prefix = f"{size.name}_{regime}_"
            stand = world.stands.stand(size)
            values |= _row(stand, rules, _seed(number), methods, prefix).values
    return Row(values=values | _growths(values))


def _growths(values: dict[str, float]) -> dict[str, float]:
    def growth(figure: str) -> float:
        return values[f"four_{figure}"] / values[f"quarter_{figure}"]

    return {
        "uncapped_growth": growth("uncapped_same_keys_s"),
        "uncapped_reader_growth": growth("uncapped_reader_same_keys_s"),
        "capped_growth": growth("capped_same_keys_s"),
        "touched_growth": growth("capped_same_keys_touched"),
    }


FIRST_ANSWERS = (
    Scenario(
        name="uncapped",
        about="1 GB, first touch 30 ms, no other limit",
        measure=_uncapped,
        bars=_bars({"cold": (0.04, 0.08), "dd_first": (0.03, 0.06)}) + _AGAINST_READER,
    ),
    Scenario(
        name="capped",
        about="1 GB, first touch 30 ms, S3 140 MB/s, volume 250 MB/s",
        measure=_capped,
        bars=_bars({"cold": (0.14, 0.26), "full_first": (0.20, 0.36)}) + _AGAINST_READER,
    ),
    Scenario(
        name="changed",
        about="1 GB that has grown by 1 %, with the maps of before, uncapped",
        measure=_changed,
        bars=_bars({"cold": (0.25, 0.25)}),
    ),
    Scenario(
        name="growth",
        about="from a quarter of a GB to 4 GB",
        measure=_growth,
        bars=(
            Bar(of="uncapped_growth", limit=2.5),
            Bar(of="capped_growth", against="touched_growth", limit=1.0),
        ),
    ),
    Scenario(
        name="large",
        about="4 GB, S3 140 MB/s, volume 250 MB/s",
        measure=_large,
        bars=_bars({"full_first": (0.12, 0.27)}),
    ),
)
