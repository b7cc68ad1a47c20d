"""What systemd says of the start, as spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ladybug_agent.model.units import ManagerFacts, Moment, UnitFacts
from ladybug_agent.timeline.model import LOAD, Milestone, Span
from ladybug_agent.timeline.runs import Run
from ladybug_agent.timeline.wall_clock import Anchor

BOOT_UNIT = "ladybug-bootstrap.service"
DRAWN = {
    "systemd-networkd-wait-online.service": "network online",
    "NetworkManager-wait-online.service": "network online",
    "docker.service": "docker",
}
"""Services that the boot waits for, and how they are called in the picture."""
ANCHORS = ("cloud-init-local.service", "cloud-config.service", "cloud-final.service")
UNITS = (*DRAWN, *ANCHORS, BOOT_UNIT)
LONGEST_LOAD_S = 60.0


def manager_spans(manager: ManagerFacts) -> Iterator[Span]:
    """Yield the kernel's part; nothing in a container, where the kernel is another machine's."""
    userspace, initrd = manager.userspace, manager.initrd
    if userspace is None or manager.is_in_container:
        return
    if initrd is not None and initrd.mono_s < userspace.mono_s:
        yield _span("kernel", "kernel", 0.0, initrd.mono_s)
        yield _span("initrd", "kernel", initrd.mono_s, userspace.mono_s)
    else:
        yield _span("kernel", "kernel", 0.0, userspace.mono_s)


def manager_milestones(manager: ManagerFacts) -> Iterator[Milestone]:
    if manager.finish is not None:
        yield Milestone(name="all units started", at_s=manager.finish.mono_s)


def unit_spans(units: Mapping[str, UnitFacts]) -> Iterator[Span]:
    for name, called in DRAWN.items():
        unit = units.get(name)
        if unit is None or unit.left_inactive is None:
            continue
        began, active = unit.left_inactive.mono_s, unit.became_active
        if active is not None and active.mono_s >= began:
            yield _span(called, "systemd", began, active.mono_s)
        elif unit.active in {"activating", "failed"}:
            has_failed = unit.active == "failed"
            yield Span(
                name=called,
                source="systemd",
                started_s=began,
                ended_s=None,
                status="failed" if has_failed else "running",
                note=unit.result if has_failed else "",
            )


def load_span(units: Mapping[str, UnitFacts], run: Run) -> Iterator[Span]:
    """Yield the time from the start of the agent's process to its first line in the record."""
    unit = units.get(BOOT_UNIT)
    if unit is None or unit.main_started is None:
        return
    began, first = unit.main_started.mono_s, run.began.boottime_s
    if 0 < first - began < LONGEST_LOAD_S:
        yield _span(LOAD, "agent", began, first)


def anchors(manager: ManagerFacts | None, units: Mapping[str, UnitFacts]) -> Iterator[Anchor]:
    """Yield the moments that systemd has read on both clocks."""
    moments: list[Moment | None] = []
    if manager is not None:
        moments += [manager.userspace, manager.finish]
    for unit in units.values():
        moments += [unit.left_inactive, unit.became_active]
    for moment in moments:
        if moment is not None and moment.wall is not None:
            yield Anchor.at(moment.mono_s, moment.wall)


def _span(name: str, source: str, start_s: float, end_s: float) -> Span:
    return Span(name=name, source=source, started_s=start_s, ended_s=end_s)  # type: ignore[arg-type]
