"""Which blocks of a lazily loaded volume are read, in which order, and each only once."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from ladybug_agent.model.hydration import BLOCK_BYTES
from support.hydrating import INSTANT, NAME, SLOW, HydrationScene, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.alone]

MIB = 2**20
WINDOW = 8


def test_a_run_reads_every_block_of_the_database_whole_and_once(scene: HydrationScene) -> None:
    run = scene.hydrate("run", "--fast")
    assert run.status == 0, run.events
    read = scene.whole_reads()
    assert (set(read), len(read)) == (scene.blocks(), len(scene.blocks()))


def test_a_run_touches_nothing_but_the_database_and_the_metadata(scene: HydrationScene) -> None:
    at_rest = set(scene.volume.touched())
    scene.hydrate("run", "--fast")
    strangers = set(scene.volume.touched()) - at_rest - scene.blocks()
    assert len(strangers) <= 3, "the filesystem's own metadata lies in few blocks"


def test_the_whole_device_is_read_where_that_is_asked_for(scene: HydrationScene) -> None:
    scene.settings["scope"] = "device"
    scene.settings |= {"background_rate_mib_s": 10_000, "background_window": WINDOW}
    assert scene.hydrate("run").status == 0
    blocks = -(-scene.volume.image.stat().st_size // BLOCK_BYTES)
    assert sorted(scene.volume.touched()) == list(range(blocks))
    # Some reads are under way at once: at the border one may overtake another.
    first = scene.whole_reads()[: len(scene.blocks()) + WINDOW]
    assert scene.blocks() <= set(first), "the databases come first"


def test_reading_around_the_page_cache_leaves_nothing_in_it(scene: HydrationScene) -> None:
    scene.hydrate("run", "--fast")
    argv = ["fincore", "--bytes", "--noheadings", "--output=PAGES", str(scene.database)]
    pages = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    assert pages <= 8, "the header, the catalog and the metadata"


def test_a_second_run_reads_nothing_again(scene: HydrationScene) -> None:
    scene.hydrate("run", "--fast")
    before = len(scene.whole_reads())
    again = scene.hydrate("run", "--fast")
    assert (again.status, len(scene.whole_reads())) == (0, before)
    assert scene.report["state"] == "complete"


def test_a_killed_run_goes_on_without_touching_a_block_again(scene: HydrationScene) -> None:
    scene.settings |= {"background_rate_mib_s": 40, "background_window": 4}
    with scene.hydrating("run") as process:
        wait_for(lambda: len(scene.whole_reads()) > 60, "a good part of the reading")
        process.send_signal(signal.SIGKILL)
        process.wait()
    first = scene.whole_reads()
    assert len(first) < len(scene.blocks()), "it was to be killed half-way"
    run = scene.hydrate("run", "--fast")
    again = set(scene.whole_reads()[len(first) :]) & set(first)
    assert run.status == 0
    assert len(again) <= 4, "but for the reads that were under way"
    assert set(scene.whole_reads()) == scene.blocks()


def test_a_run_that_is_told_to_stop_says_so_and_goes_on_later(scene: HydrationScene) -> None:
    scene.settings |= {"background_rate_mib_s": 40}
    with scene.hydrating("run") as process:
        wait_for(lambda: len(scene.whole_reads()) > 60, "a good part of the reading")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 1
    first = scene.whole_reads()
    assert scene.report["state"] == "stopped"
    assert 0 < scene.report["pct"] < 100
    assert scene.hydrate("run", "--fast").status == 0
    assert not set(scene.whole_reads()[len(first) :]) & set(first)


def test_hot_blocks_are_touched_in_the_order_of_the_plan(scene: HydrationScene) -> None:
    scene.learn(1)
    scene.make_cold()
    scene.settings |= {"workers": 1, "background_rate_mib_s": 1}
    planned = json.loads(scene.hydrate("plan", "--reads", "--format", "json").stdout)
    wanted = list(dict.fromkeys(read["block"] for read in planned["reads"]))
    scene.make_cold()
    at_rest = set(scene.volume.touched())
    with scene.hydrating("run"):
        wait_for(lambda: set(wanted) <= set(scene.volume.touched()), "the hot part")
    touched = [block for block in scene.volume.touched() if block not in at_rest]
    assert touched[: len(wanted)] == [block for block in wanted if block not in at_rest]


def test_the_plan_reads_nothing_but_headers_and_metadata(scene: HydrationScene) -> None:
    scene.learn(1)
    scene.make_cold()
    at_rest = set(scene.volume.touched())
    run = scene.hydrate("plan")
    assert run.status == 0
    assert len(set(scene.volume.touched()) - at_rest) <= 4
    assert "1 recordings" in run.stdout


def test_the_rate_of_the_background_is_kept(scene: HydrationScene) -> None:
    scene.settings |= {"background_rate_mib_s": 60}
    assert scene.hydrate("run").status == 0
    reads = scene.large_reads()
    took_s = reads[-1].at_s - reads[0].at_s
    rate = sum(read.length for read in reads[1:]) / took_s / MIB
    assert rate == pytest.approx(60, rel=0.10)


def test_no_more_is_under_way_than_the_window_allows(scene: HydrationScene) -> None:
    scene.make_cold(SLOW)
    scene.settings |= {"background_rate_mib_s": 10_000, "background_window": 4}
    known = set(scene.volume.touched())
    assert scene.hydrate("run").status == 0
    reads = [r.at_s for r in scene.large_reads() if r.offset // BLOCK_BYTES not in known]
    # A read of a cold block takes 30 ms: any five that begin must span at least that. The last few
    # are of blocks that have been touched.
    spans = [reads[n + 4] - reads[n] for n in range(len(reads) - 20)]
    assert min(spans) > 0.025


def test_every_byte_that_was_read_is_the_databases(scene: HydrationScene, image: Path) -> None:
    """Reading changes nothing: the image is the same to the byte."""
    before = image.stat().st_mtime_ns
    scene.hydrate("run", "--fast")
    scene.make_cold(INSTANT)
    assert image.stat().st_mtime_ns == before
    assert scene.database.name == f"{NAME}.lbug"
