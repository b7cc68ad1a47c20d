"""The machine, by files such as the kernel shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import BootIdentity, Load
from ladybug_agent.model.hydration import DiskReads

STAT = """cpu  1000 50 450 8000 500 100 150 250 40 10
cpu0 1000 50 450 8000 500 100 150 250 40 10
intr 1 2 3
ctxt 38014093
btime 1770379140
processes 26442
"""
MEMINFO = """MemTotal:       16000000 kB
MemFree:         1000000 kB
MemAvailable:   12000000 kB
"""
READS = "    6000     2412   349490     5400     8700     3000  98340  9000 0 4444 14400 0 0 0 0\n"


@pytest.fixture
def machine(tmp_path: Path) -> ProcMachine:
    files = {
        "proc/stat": STAT,
        "proc/meminfo": MEMINFO,
        "proc/uptime": "120.00 230.10\n",
        "proc/sys/kernel/random/boot_id": "0f1e2d3c-aaaa-4bbb-8ccc-0123456789ab\n",
        "sys/dev/block/259:3/stat": READS,
        "sys/dev/block/259:3/queue/max_sectors_kb": "256\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    return ProcMachine(tmp_path / "proc", tmp_path / "sys")


def test_the_boot_has_an_id_and_a_time(machine: ProcMachine) -> None:
    assert machine.boot() == BootIdentity(
        boot_id="0f1e2d3c-aaaa-4bbb-8ccc-0123456789ab", booted_at=1770379140
    )


def test_memory_is_counted_in_bytes(machine: ProcMachine) -> None:
    assert machine.memory_total_bytes() == 16_000_000 * 1024


def test_the_load_is_the_average_since_boot(machine: ProcMachine) -> None:
    """2,000 of 10,500 ticks are work: waiting for disks is none, and guests are counted twice."""
    assert machine.load("259:3") == Load(cpu_pct=19.0, memory_pct=25.0, data_reads_per_s=50.0)


def test_this_machine_can_be_read() -> None:
    machine = ProcMachine()
    assert machine.boot() == machine.boot()
    assert machine.memory_total_bytes() > 64 * 1024**2
    assert machine.is_root() == (os.geteuid() == 0)


def test_a_data_device_that_is_gone_is_said_so(machine: ProcMachine) -> None:
    with pytest.raises(ExternalFailure, match="not there any more") as caught:
        machine.load("259:9")
    assert caught.value.code == "device_gone"


def test_what_can_be_had_without_swapping_is_counted_in_bytes(machine: ProcMachine) -> None:
    assert machine.memory_available_bytes() == 12_000_000 * 1024


def test_the_reads_of_a_disk_are_told_with_the_size_of_a_request(machine: ProcMachine) -> None:
    assert machine.disk_reads("259:3") == DiskReads(completed=6000, request_bytes=256 * 1024)


def test_the_reads_of_a_disk_that_is_gone_are_an_error(machine: ProcMachine) -> None:
    with pytest.raises(ExternalFailure) as caught:
        machine.disk_reads("259:9")
    assert caught.value.code == "device_gone"


def test_a_disk_of_this_machine_can_be_read() -> None:
    numbers = [
        (path / "dev").read_text().strip()
        for path in Path("/sys/block").iterdir()
        if (path / "queue").is_dir()
    ]
    if not numbers:
        pytest.skip("this machine shows no disk")
    assert ProcMachine().disk_reads(numbers[0]).request_bytes >= 4096
    assert ProcMachine().memory_available_bytes() < ProcMachine().memory_total_bytes()
