"""Hydration in the boot: begun with the mount, waited for before the registration."""

from __future__ import annotations

from pathlib import Path

from ladybug_agent.asking import Asking
from ladybug_agent.boot import Boot
from ladybug_agent.branches import Beside
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError
from ladybug_agent.hydrate.openings import keep_openings
from ladybug_agent.hydrate.report import (
    HydrationReport,
    HydrationState,
    MapReport,
    milliseconds,
    report_path,
    save_report,
    utc,
)
from ladybug_agent.hydrate.reported import ready_as_reported
from ladybug_agent.resources.hydration.maps import WORTHLESS
from ladybug_agent.resources.hydration.readiness import (
    Probes,
    ReadyService,
    await_gate,
    check_warming,
)
from ladybug_agent.resources.hydration.rest import read_rest_fast
from ladybug_agent.resources.hydration.source import HydrationSource, opened_source
from ladybug_agent.resources.hydration.warming import Warming, touched_pct, warm
from ladybug_agent.resources.mount import DataMount
from ladybug_agent.resources.service import HealthyService

STOP_S = 10.0
"""Longer than a call to S3 may take."""


class BootHydration:
    """The third activity of the boot, beside data and image; nothing is begun yet."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._rules = boot.config.hydration
        self._source: HydrationSource | None = None
        self._warming = Warming()
        self._beside: Beside[None] | None = None
        self._serves_already = False
        """The boot is run again: what serves has touched what it needs."""

    def begin(self, mount: DataMount) -> None:
        """Begin to read, in a thread; returns at once."""
        self._serves_already = self._is_serving()
        if self._rules.mode == "off" or self._serves_already:
            return
        volume = mount.device.volume
        self._source = HydrationSource(
            pinned=mount.device.pinned,
            volume_id=volume.volume_id,
            snapshot_id=volume.snapshot_id,
            root=mount.path,
            databases_dir=self._boot.config.data.databases_dir,
            names=self._boot.config.data.databases,
        )
        source, warming = self._source, Warming()
        self._warming = warming
        self._beside = Beside(lambda: self._read(source, warming), "hydration", self._boot.deadline)

    def stop(self) -> None:
        """Stop reading, so that the volume can be unmounted; blocks for some seconds at most."""
        self.leave()
        limit = self._boot.deadline.capped(STOP_S)
        while self._beside and not self._beside.is_over and not limit.is_over:
            limit.pause(0.02)

    def leave(self) -> None:
        """Let the reading end by itself, soon: the background goes on with it."""
        self._warming.stopping.set()

    def check(self) -> None:
        """Raise what the reading has failed of, if it has."""
        if self._beside:
            self._beside.result()

    def await_ready(self, service: HealthyService) -> ReadyService:
        """Wait for the gate, as a step of the boot; what is not reached in time is noted."""
        if self._serves_already:
            return self._as_before(service)
        boot, warming = self._boot, self._warming
        with boot.record.step("await_warm") as step:
            self.check()
            self._keep_openings()
            asking = Asking(Probes(boot.world.http, service, self._rules, boot.deadline), boot)

            def look() -> None:
                self.check()
                asking.check()
                if self._beside:
                    check_warming(warming, self._rules)

            missing = await_gate(look, self._rules, boot.deadline, asking.wait)
            ready = ReadyService(
                service=service,
                hydration_state=self._state,
                hydration_pct=warming.pct,
                still_waited_for=missing,
            )
            step.note(
                hydration=ready.hydration_state,
                pct=warming.pct,
                hot_blocks=warming.hot_blocks,
                maps={found.database: found.state for found in warming.maps},
                **({"still_waited_for": missing} if missing else {}),
            )
        self._save(below_gate=bool(missing))
        return ready

    def _as_before(self, service: HealthyService) -> ReadyService:
        with self._boot.record.step("await_warm") as step:
            ready = ready_as_reported(service, self._state_dir)
            step.note(hydration=ready.hydration_state, pct=ready.hydration_pct, served_before=True)
        return ready

    def _is_serving(self) -> bool:
        try:
            found = self._boot.world.engine.container(self._boot.config.container.name)
        except AgentError:
            return False  # whether there is an engine is for the other branch to say
        return found is not None and found.status == "running"

    @property
    def _state(self) -> HydrationState:
        if self._beside is None:
            return "off"
        if self._warming.loaded.is_set():
            return "complete"
        return "warm" if self._warming.warmed.is_set() else "hydrating"

    def _read(self, source: HydrationSource, warming: Warming) -> None:
        boot = self._boot
        room = int(boot.world.machine.memory_available_bytes() * self._rules.cache_share)
        with opened_source(source, boot.world.layout, Path(self._rules.ledger_dir)) as opened:
            warm(opened, boot.world.maps, room, self._rules, self._deadline, warming)
            if self._rules.gate == "full":
                read_rest_fast(
                    opened, self._rules, self._deadline, lambda _: warming.check_stopping()
                )
                warming.loaded.set()
            warming.pct = touched_pct(opened)

    @property
    def _deadline(self) -> Deadline:
        return self._boot.deadline

    def _keep_openings(self) -> None:
        """Keep what the openings have touched, for a recording of a database without a map."""
        wanted = {found.database for found in self._warming.maps if found.state in WORTHLESS}
        if self._source and wanted and self._rules.record == "missing":
            keep_openings(self._boot.world, self._source, wanted, self._state_dir)

    @property
    def _state_dir(self) -> Path:
        return Path(self._boot.config.instance.state_dir)

    def _save(self, *, below_gate: bool) -> None:
        warming, taken = self._warming, self._warming.tally.latencies
        report = HydrationReport(
            state=self._state,
            updated_at=utc(self._deadline.clock.utcnow()),
            volume_id=self._source.volume_id if self._source else "",
            below_gate=below_gate,
            pct=warming.pct,
            fetch_rate=round(warming.fetch_rate),
            first_touch_p50_ms=milliseconds(taken.percentile(0.5)),
            first_touch_p99_ms=milliseconds(taken.percentile(0.99)),
            hot_blocks=warming.hot_blocks,
            maps=tuple(MapReport.of(found) for found in warming.maps),
        )
        save_report(report_path(self._state_dir), report)
