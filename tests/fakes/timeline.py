"""Boots whose every source is a file that a test can change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.clock import FakeClock
from fakes.units import KERNEL_STARTED_AT, FakeServiceManager, boot_files_in
from ladybug_agent.kept_files import SCHEMA
from ladybug_agent.timeline.assemble import assemble
from ladybug_agent.timeline.live import Look, look_live
from ladybug_agent.timeline.model import Span, Timeline

DATA = Path(__file__).parents[1] / "data"
BOOT_ID = "3f2a91bc-0000-4000-8000-000000000001"
DAY_S = 86400.0
STEPS = (
    ("identity", 0.1, 0.2),
    ("pull_image", 0.3, 9.0),
    ("find_volume", 0.3, 1.0),
    ("await_device", 1.3, 0.4),
    ("mount", 1.7, 0.2),
    ("verify_snapshot", 1.9, 0.5),
    ("start_container", 9.4, 0.6),
    ("await_healthy", 10.0, 4.0),
    ("register", 14.0, 0.3),
    ("signal", 14.3, 0.2),
)


def wall(at_s: float) -> str:
    """Return the wall clock of so many seconds after the kernel's start."""
    return (KERNEL_STARTED_AT + timedelta(seconds=at_s)).isoformat(timespec="milliseconds")


def a_record(
    *,
    at_s: float = 22.5,
    days_ago: float = 0.0,
    failing: str = "",
    code: str = "",
    slower_by_s: float = 0.0,
) -> dict[str, Any]:
    """Return the record of a boot that registered, or failed at a step."""
    steps: list[dict[str, Any]] = []
    for name, started_s, took_s in STEPS:
        status = "failed" if name == failing else "done"
        facts = {"code": code} if name == failing else {}
        more = slower_by_s if name == "pull_image" else 0.0
        late = slower_by_s if started_s > 9 else 0.0
        steps.append(
            {
                "name": name,
                "started_s": started_s + late,
                "duration_s": took_s + more,
                "status": status,
                "facts": facts,
                "error": [],
            }
        )
        if name == failing:
            break
    total_s = 14.5 + slower_by_s
    ending = {"code": code, "message": "it is wrong", "hint": "put it right"} if failing else {}
    return {
        "schema": "ladybug.bootstrap/1",
        "agent_version": "1.0.0",
        "boot_id": BOOT_ID,
        "instance_id": "i-0123456789abcdef0",
        "started_at": wall(at_s - DAY_S * days_ago),
        "started_boottime_s": at_s,
        "finished_at": wall(at_s + total_s - DAY_S * days_ago),
        "total_s": total_s,
        "outcome": "failed" if failing else "registered",
        **ending,
        "steps": steps,
    }


@dataclass(slots=True)
class BootScene:
    """One machine, 1,000 s after its kernel started."""

    directory: Path
    look: Look
    units: FakeServiceManager

    @classmethod
    def make(cls, directory: Path) -> BootScene:
        for name in ("state", "boots"):
            (directory / name).mkdir()
        units = FakeServiceManager()
        look = Look(
            boot_id=BOOT_ID,
            state_dir=directory / "state",
            boots_dir=directory / "boots",
            files=boot_files_in(directory),
            units=units,
            clock=_RightClock(),
        )
        return cls(directory, look, units)

    def write(self, name: str, content: object) -> None:
        """Write a file: text as it is, anything else as JSON."""
        text = content if isinstance(content, str) else json.dumps(content)
        (self.directory / name).write_text(text, encoding="utf-8")

    def record(self, record: object) -> None:
        self.write("state/bootstrap.json", record)

    def copy(self, data: str, name: str) -> None:
        self.write(name, (DATA / data).read_text(encoding="utf-8"))

    def keep(self, boot_id: str, *records: object, **around: object) -> None:
        document = {"schema": SCHEMA, "boot_id": boot_id, "runs": records, "around": around}
        self.write(f"boots/{boot_id}.json", document)

    def timeline(self) -> Timeline:
        self.look.missing.clear()
        return assemble(look_live(self.look))


class _RightClock(FakeClock):
    """A wall clock that agrees with the kernel's start in the recorded files."""

    def utcnow(self) -> datetime:
        return KERNEL_STARTED_AT + timedelta(seconds=self.boottime())


def span(timeline: Timeline, name: str, source: str = "") -> Span:
    found = [s for s in timeline.spans if s.name == name and source in {"", s.source}]
    assert len(found) == 1, (name, [s.name for s in timeline.spans])
    return found[0]


def shape(one: Span) -> tuple[float, float | None]:
    """Return from when to when, to the hundredth of a second."""
    end = None if one.ended_s is None else round(one.ended_s, 2)
    return round(one.started_s, 2), end
