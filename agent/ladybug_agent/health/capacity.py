"""How busy the machine was since the look before: the row's capacity attributes."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.health.state import HealthState
from ladybug_agent.ports.registry import RowValue
from ladybug_agent.ports.tick import LookAtMachine
from ladybug_agent.served import Served


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    cpu_pct: float
    memory_pct: float
    iops_pct: float
    """Reads of the data volume against what it is provisioned for; 0 where nobody knows that."""

    @property
    def available_pct(self) -> float:
        return round(max(0.0, 100 - max(self.cpu_pct, self.memory_pct, self.iops_pct)), 1)

    def attributes(self) -> dict[str, RowValue]:
        return {
            "cpu_utilization": self.cpu_pct,
            "memory_utilization": self.memory_pct,
            "iops_utilization": self.iops_pct,
            "available_capacity_pct": self.available_pct,
        }


def measure(
    machine: LookAtMachine, served: Served, state: HealthState, mono: float
) -> Capacity | None:
    """Return the averages since the last sample, and keep this one; None for the first."""
    volume = served.volume
    try:
        sample = machine.sample(volume.device_number if volume else None)
    except ExternalFailure:  # the disk is gone: that is the mount check's to tell
        sample = machine.sample(None)
    busy, total = sample.cpu_busy - state.cpu_busy, sample.cpu_total - state.cpu_total
    passed_s, reads = mono - state.sampled_mono, sample.reads - state.reads
    is_first = not state.sampled_mono
    state.cpu_busy, state.cpu_total = sample.cpu_busy, sample.cpu_total
    state.reads, state.sampled_mono = sample.reads, mono
    if is_first or total <= 0 or passed_s <= 0:
        return None
    iops = volume.iops if volume else 0
    return Capacity(
        cpu_pct=_pct(busy / total),
        memory_pct=sample.memory_pct,
        iops_pct=_pct(reads / passed_s / iops) if iops else 0.0,
    )


def _pct(share: float) -> float:
    return round(100 * min(1.0, max(0.0, share)), 1)
