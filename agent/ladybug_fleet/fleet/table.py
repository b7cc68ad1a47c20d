"""The fleet for a terminal, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ladybug_agent.clock import iso_utc
from ladybug_fleet.fleet.view import FleetView, ReplicaView

HEADINGS = (
    "INSTANCE", "ZONE", "GROUP", "BALANCER", "REGISTRY", "LEASE", "AGENT", "SNAPSHOT", "AGE",
    "HYDRATION",
)  # fmt: skip
NOTHING = "-"


def fleet_lines(view: FleetView) -> Iterator[str]:
    yield headline(view)
    for remark in view.remarks:
        yield f"  {remark}"
    rows = [HEADINGS, *(_cells(one) for one in view.replicas)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows if view.replicas else ():
        yield _line(row, widths)
    for one in view.replicas:
        if one.disagreement:
            yield f"  {one.instance_id}: {one.disagreement}"


def headline(view: FleetView) -> str:
    disagree = f", {view.disagreements} in dispute" if view.disagreements else ""
    return (
        f"{'good' if view.is_good else 'not good'}: {view.group} at {iso_utc(view.at)}:"
        f" {view.ready} ready of {view.desired} wanted"
        f" ({view.minimum} to {view.maximum}){disagree}"
    )


def fleet_document(view: FleetView) -> dict[str, object]:
    return {
        "schema": "ladybug.fleet-status/1",
        "good": view.is_good,
        "ready": view.ready,
        "disagreements": view.disagreements,
        **asdict(view),
        "at": iso_utc(view.at),
    }


def lease_words(left_s: float | None) -> str:
    if left_s is None:
        return NOTHING
    return f"{left_s:.0f} s" if left_s >= 0 else f"over {-left_s:.0f} s"


def age_words(days: float | None) -> str:
    return NOTHING if days is None else f"{days:.1f} d"


def _cells(one: ReplicaView) -> tuple[str, ...]:
    cells = (
        one.instance_id, one.zone, one.lifecycle, one.target, one.status,
        lease_words(one.lease_left_s), one.agent_version, one.snapshot_id,
        age_words(one.data_age_days), one.hydration,
    )  # fmt: skip
    return tuple(cell or NOTHING for cell in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
