"""The machine by procfs and sysfs: which boot it is, how much memory, how busy."""

from __future__ import annotations

import os
from pathlib import Path

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import BootIdentity, DiskSpace, Load, LoadSample
from ladybug_agent.model.hydration import DiskReads


class ProcMachine:
    """Reads `/proc` and `/sys`; see proc_stat(5), proc_meminfo(5), random(4)."""

    def __init__(self, proc: Path = Path("/proc"), sysfs: Path = Path("/sys")) -> None:
        self._proc = proc
        self._sysfs = sysfs

    def is_root(self) -> bool:
        return os.geteuid() == 0

    def boot(self) -> BootIdentity:
        boot_id = (self._proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return BootIdentity(boot_id=boot_id, booted_at=int(self._stat("btime")[0]))

    def memory_total_bytes(self) -> int:
        return self._memory_kib("MemTotal") * 1024

    def memory_available_bytes(self) -> int:
        return self._memory_kib("MemAvailable") * 1024

    def disk_reads(self, device_number: str) -> DiskReads:
        request_kib = self._disk(device_number, "queue/max_sectors_kb")
        return DiskReads(self._reads(device_number), int(request_kib) * 1024)

    def load(self, data_device_number: str | None) -> Load:
        """Return the average since boot, because a sample of its own would hold up the boot."""
        now = self.sample(data_device_number)
        return Load(
            cpu_pct=round(100 * now.cpu_busy / now.cpu_total, 1),
            memory_pct=now.memory_pct,
            data_reads_per_s=round(now.reads / self._uptime_s(), 1),
        )

    def sample(self, data_device_number: str | None) -> LoadSample:
        """Return the counters now. Raises ExternalFailure if the data device is gone."""
        user, nice, system, idle, io_wait, *others = (int(ticks) for ticks in self._stat("cpu"))
        busy = user + nice + system + sum(others[:3])
        free = self._memory_kib("MemAvailable") / self._memory_kib("MemTotal")
        return LoadSample(
            cpu_busy=busy,
            cpu_total=busy + idle + io_wait,
            reads=self._reads(data_device_number) if data_device_number else 0,
            memory_pct=round(100 * (1 - free), 1),
        )

    def space(self, path: str) -> DiskSpace | None:
        """Return the room on the filesystem of a path, as others than root have it (statvfs(3))."""
        try:
            found, device = os.statvfs(path), os.stat(path).st_dev  # noqa: PTH116 - one look each
        except OSError:
            return None
        return DiskSpace(
            device=device,
            free_bytes=found.f_bavail * found.f_frsize,
            total_bytes=found.f_blocks * found.f_frsize,
            free_inodes=found.f_favail,
            total_inodes=found.f_files,
        )

    def _stat(self, name: str) -> list[str]:
        lines = (self._proc / "stat").read_text(encoding="ascii").splitlines()
        return next(line.split()[1:] for line in lines if line.split()[0] == name)

    def _memory_kib(self, name: str) -> int:
        lines = (self._proc / "meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def _uptime_s(self) -> float:
        return float((self._proc / "uptime").read_text(encoding="ascii").split()[0])

    def _reads(self, device_number: str) -> int:
        """Return the reads completed so far (Documentation/block/stat.rst in the kernel)."""
        return int(self._disk(device_number, "stat").split()[0])

    def _disk(self, device_number: str, attribute: str) -> str:
        try:
            path = self._sysfs / "dev/block" / device_number / attribute
            return path.read_text(encoding="ascii")
        except OSError as error:
            raise ExternalFailure(
                "device_gone",
                f"the data device {device_number} is not there any more",
                hint="was the volume detached? look in `dmesg`, then replace the instance",
            ) from error
