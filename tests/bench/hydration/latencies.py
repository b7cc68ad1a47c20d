"""Scenario of the queries beside the background pass: what it costs those who ask meanwhile."""

from __future__ import annotations

import statistics
import time

from bench.hydration import ours
from bench.hydration.programs import Program, run
from bench.hydration.regimes import CAPPED, VOLUME_BYTES_PER_S
from bench.hydration.runs import Command
from bench.hydration.scenario import Bar, Row, Scenario, World
from bench.hydration.stands import Mounted
from support.asking import Answers, asking
from support.graph_databases import ONE

_SEED = 2001  # neither recorded nor asked elsewhere
_WARM_S = 1.0


def _measure(world: World, number: int) -> Row:
    with_pass, took_s = _latencies(world, _background)
    alone, _ = _latencies(world, None, alone_s=took_s)
    curves = {"alone": alone, "background": with_pass}
    if number == 0:
        curves["unlimited"], _ = _latencies(world, _unlimited)
    values = {"pass_s": took_s}
    for name, latencies in curves.items():
        values[f"{name}_p50_ms"] = statistics.median(latencies) * 1000
        values[f"{name}_p99_ms"] = _p99(latencies) * 1000
        values[f"{name}_queries"] = len(latencies)
    return Row(values=values, curves={name: sorted(found) for name, found in curves.items()})


def _latencies(
    world: World, command: Command | None, *, alone_s: float = 0.0
) -> tuple[list[float], float]:
    """Return the latencies (seconds) of what was asked while the program ran, and for how long.

    Without a program it is `alone_s`. The client has its open and its first queries behind it, and
    the hot map was read.
    """
    stand = world.stands.stand(ONE)
    maps = world.learned.other_keys(ONE)
    with (
        stand.cold(CAPPED) as mounted,
        asking(mounted.database, stand.size, _SEED, "--endless") as client,
    ):
        run(ours.hot(mounted.mount, maps))
        client.release()
        client.await_opened()
        time.sleep(_WARM_S)
        began = time.monotonic()
        if command is None:
            time.sleep(alone_s)
        else:
            run(command(mounted))
        ended = time.monotonic()
        client.stop()
        answers = client.answers()
    answers.check(stand.truth(_SEED, len(answers.digests)))
    return _asked_within(answers, began, ended), ended - began


def _asked_within(answers: Answers, began: float, ended: float) -> list[float]:
    pairs = zip(answers.asked, answers.latencies_s, strict=True)
    return [latency for asked, latency in pairs if began <= asked < ended]


def _background(mounted: Mounted) -> Program:
    return ours.background(mounted.mount, VOLUME_BYTES_PER_S)


def _unlimited(mounted: Mounted) -> Program:
    return ours.full(mounted.mount)


def _p99(latencies: list[float]) -> float:
    return statistics.quantiles(latencies, n=100)[98]


BESIDE_QUERIES = Scenario(
    name="beside",
    about="queries with new keys while the rest of 1 GB is read; S3 140 MB/s, volume 250 MB/s",
    measure=_measure,
    bars=(Bar(of="background_p99_ms", against="alone_p99_ms", limit=1.5),),
)
