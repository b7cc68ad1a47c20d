"""`hydrate run`: load the rest of the volume behind a serving replica, and learn from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.errors import Cancelled, describe
from ladybug_agent.hydrate.recorder import DueRecording, RecordingRules
from ladybug_agent.hydrate.report import (
    HydrationReport,
    MapReport,
    known_fetch_rate,
    milliseconds,
    report_path,
    was_below_gate,
)
from ladybug_agent.hydrate.source import MountedVolume, mounted_volume
from ladybug_agent.hydrate.tracker import Observer, Tracker
from ladybug_agent.model.hydration import BLOCK_BYTES, DiskReads
from ladybug_agent.ports import World
from ladybug_agent.resources.hydration.necessity import why_not_needed
from ladybug_agent.resources.hydration.pace import BackgroundRate
from ladybug_agent.resources.hydration.rest import read_rest_fast, read_rest_slowly
from ladybug_agent.resources.hydration.source import OpenSource, opened_source
from ladybug_agent.resources.hydration.warming import Warming, touched_pct, warm
from ladybug_agent.resources.hydration.watch import RestProgress
from ladybug_agent.state import StateDirectory

MIB = 2**20
UNKNOWN_THROUGHPUT = 125 * MIB
"""What every gp3 volume has at least."""
TELLING_BLOCKS = 256
"""Of fewer hot blocks the rate says nothing: all of them came in one round or two."""
NOT_YET = 99.9


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrateRun:
    """One run: what it is to reach, in which world, by when."""

    config: Config
    world: World
    deadline: Deadline
    fast: bool = False
    """As fast as the volume can, whatever waits for it."""


def run_hydration(run: HydrateRun, *observers: Observer) -> HydrationReport:
    """Load what is not loaded; return how it ended.

    Blocks until all is read, which is hours for a large volume. What was read before is not read
    again. Raises Busy, Refused if no volume is mounted, ExternalFailure for blocks that cannot be
    read, Cancelled.
    """
    state = StateDirectory(Path(run.config.instance.state_dir))
    path = report_path(Path(run.config.instance.state_dir))
    with state.locked_for_hydration():
        tracker = Tracker(path, run.deadline.clock, *observers)
        if why := _why_not_at_all(run.config):
            tracker.update(state="off", reason=why)
            return tracker.report
        try:
            _load(run, tracker, path)
        except Cancelled:
            tracker.update(state="stopped", reason="told to stop; goes on where it was")
            raise
        except BaseException as error:  # noted, and raised again
            tracker.update(state="failed", reason=describe(error))
            raise
        return tracker.report


def _why_not_at_all(config: Config) -> str:
    if config.data.mode == "empty":
        return "the replica has no data, by request"
    return "`hydration.mode` is off" if config.hydration.mode == "off" else ""


def _load(run: HydrateRun, tracker: Tracker, path: Path) -> None:
    rules, world = run.config.hydration, run.world
    with (
        mounted_volume(world, run.config) as mounted,
        opened_source(mounted.source, world.layout, Path(rules.ledger_dir)) as opened,
    ):
        volume_id = mounted.source.volume_id
        tracker.update(
            volume_id=volume_id,
            pct=touched_pct(opened),
            fetch_rate=known_fetch_rate(path, volume_id),
            below_gate=was_below_gate(path, volume_id),
        )
        warming = _warm(run, opened, tracker)
        recording = _recording(run, opened, warming)
        if rules.gate != "full":  # what it asks for is there now
            tracker.update(below_gate=False)
        if why := why_not_needed(world.ec2, mounted.attached):
            tracker.update(state="not_needed", reason=why, below_gate=False)
        else:
            _read_rest(run, opened, mounted, tracker, recording)
        _await_recording(run, recording, tracker)


def _warm(run: HydrateRun, opened: OpenSource, tracker: Tracker) -> Warming:
    """Read the hot part again: what the boot has read already is in the page cache."""
    warming = Warming()
    room = int(run.world.machine.memory_available_bytes() * run.config.hydration.cache_share)
    warm(opened, run.world.maps, room, run.config.hydration, run.deadline, warming)
    tracker.update(
        pct=warming.pct,
        hot_blocks=warming.hot_blocks,
        maps=tuple(MapReport.of(found) for found in warming.maps),
    )
    return warming


def _recording(run: HydrateRun, opened: OpenSource, warming: Warming) -> DueRecording:
    rules = run.config.hydration
    return DueRecording(
        opened.databases,
        warming.maps,
        RecordingRules(
            cache=run.world.page_cache,
            store=run.world.maps if rules.record == "missing" else None,
            state_dir=Path(run.config.instance.state_dir),
            snapshot_id=opened.source.snapshot_id,
        ),
        run.deadline.clock.monotonic() + rules.record_after_s,
        run.deadline,
    )


def _read_rest(
    run: HydrateRun,
    opened: OpenSource,
    mounted: MountedVolume,
    tracker: Tracker,
    recording: DueRecording,
) -> None:
    rules, clock = run.config.hydration, run.deadline.clock

    def observe(progress: RestProgress) -> None:
        tracker.update(**_told(progress, touched_pct(opened)))
        recording.look(lambda maps: tracker.update(maps=maps))

    if run.fast:
        read_rest_fast(opened, rules, run.deadline, observe)
    else:
        rate = BackgroundRate(
            _ceiling(run, mounted, tracker), rules.background_share, clock.monotonic()
        )
        read_rest_slowly(opened, rules, rate, lambda: _reads(run, opened), run.deadline, observe)
    tracker.update(state="complete", pct=100.0, eta_s=0.0, below_gate=False)


def _reads(run: HydrateRun, opened: OpenSource) -> DiskReads:
    return run.world.machine.disk_reads(opened.source.pinned.disk.device_number)


def _ceiling(run: HydrateRun, mounted: MountedVolume, tracker: Tracker) -> float:
    """Return what the volume can do, as far as anybody knows; in bytes a second."""
    rules = run.config.hydration
    if rules.background_rate_mib_s:
        return rules.background_rate_mib_s * MIB / rules.background_share
    told = mounted.attached.throughput_mib_s * MIB if mounted.attached else 0
    ceiling = float(told or UNKNOWN_THROUGHPUT)
    seen = tracker.report.fetch_rate
    is_evidence = tracker.report.hot_blocks >= TELLING_BLOCKS
    return min(ceiling, seen) if seen and is_evidence else ceiling


def _told(progress: RestProgress, touched: float) -> dict[str, object]:
    taken = progress.latencies
    eta_s = progress.eta_s
    return {
        "pct": min(NOT_YET, max(touched, round(progress.pct, 1))),
        "done_bytes": progress.done_blocks * BLOCK_BYTES,
        "total_bytes": progress.total_blocks * BLOCK_BYTES,
        "rate": round(progress.rate),
        "eta_s": None if eta_s is None else round(eta_s),
        "yields": progress.yields,
        "first_touch_p50_ms": milliseconds(taken.percentile(0.5)),
        "first_touch_p99_ms": milliseconds(taken.percentile(0.99)),
    }


def _await_recording(run: HydrateRun, recording: DueRecording, tracker: Tracker) -> None:
    """Wait until the replica has served for a while, and see what it has touched."""
    while not recording.is_done:
        run.deadline.check("the first queries to be recorded")
        run.deadline.pause(recording.due_at - run.deadline.clock.monotonic())
        recording.look(lambda maps: tracker.update(maps=maps))
