"""What is in a bundle: a file for each line of these tables. User data is not among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ladybug_agent.config import Config
from ladybug_agent.diagnose.bundle.collectors import (
    MIB,
    Collector,
    Copied,
    Inspected,
    Made,
    Printed,
)
from ladybug_agent.ports.bundle import StreamCommand

JOURNAL = ("journalctl", "--no-pager", "--quiet", "--output=short-iso-precise")
UNITS = ("ladybug-*", "docker.service", "containerd.service", "cloud-*", "amazon-ssm-agent.service")
DISK_FACTS = "NAME,KNAME,MAJ:MIN,TYPE,SIZE,RO,FSTYPE,UUID,SERIAL,MODEL,STATE,MOUNTPOINTS"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "systemd/units.txt": ("systemctl", "list-units", "--all", "--no-pager", "--full", *UNITS),
    "systemd/unit-files.txt": ("systemctl", "list-unit-files", "--no-pager", *UNITS),
    "systemd/timers.txt": ("systemctl", "list-timers", "--all", "--no-pager"),
    "systemd/failed.txt": ("systemctl", "list-units", "--failed", "--no-pager"),
    "systemd/state.txt": ("systemctl", "show", "--no-pager", "ladybug-*"),
    "kernel/messages.txt": ("dmesg", "--time-format=iso", "--decode"),
    "storage/disks.json": ("lsblk", "--json", "--bytes", f"--output={DISK_FACTS}"),
    "storage/mounts.txt": ("findmnt", "--list", "--output=SOURCE,TARGET,FSTYPE,OPTIONS"),
    "storage/space.txt": ("df", "--output=source,fstype,size,used,avail,pcent,target"),
    "storage/inodes.txt": ("df", "--output=source,itotal,iused,iavail,ipcent,target"),
    "machine/kernel.txt": ("uname", "--all"),
    # Without the arguments of the processes, which are nobody's business.
    "machine/processes.txt": ("ps", "-e", "-o", "pid,ppid,user,stat,rss,etimes,wchan:24,comm"),
    "network/addresses.txt": ("ip", "address"),
    "network/routes.txt": ("ip", "route", "show", "table", "all"),
    "network/sockets.txt": ("ss", "--tcp", "--all", "--numeric"),
}
FILES: Mapping[str, str] = {
    "storage/mountinfo.txt": "/proc/self/mountinfo",
    "machine/memory.txt": "/proc/meminfo",
    "machine/memory-pressure.txt": "/proc/pressure/memory",
    "machine/io-pressure.txt": "/proc/pressure/io",
    "machine/release.txt": "/etc/os-release",
    "network/resolver.txt": "/etc/resolv.conf",
    "cloud-init/status.json": "/run/cloud-init/status.json",
    "cloud-init/result.json": "/run/cloud-init/result.json",
}
# Last, for it reads every disk: on an impaired volume it hangs, and nothing can end it.
BLKID = ("blkid",)
MOST_RECORDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the tables do not know."""

    config: Config
    config_file: Path
    texts: Mapping[str, str] = field(default_factory=dict)
    """The diagnosis in each of its forms, by the name that it is to have."""
    root: Path = Path("/")
    """Where the files of the tables are; for tests."""


def contents(sources: Sources, run: StreamCommand) -> Iterator[Collector]:
    """Yield the collectors in their order: what matters most first, should room or time end.

    The container comes first, because what it is given as secrets is then known to all others.
    """
    rules = sources.config.container
    docker = ("docker", f"--host={rules.docker_host}")
    inspect = (*docker, "inspect", "--type=container", rules.name)
    yield Inspected(name="container/inspect.json", argv=inspect, run=run)
    for name, text in sources.texts.items():
        yield Made(name=f"diagnosis/{name}", text=text)
    yield Copied(name="config/config.toml", path=sources.config_file)
    yield from _records(sources)
    journal = (*JOURNAL, "--boot=0", "--lines=20000")
    yield Printed(name="journal/this-boot.txt", argv=journal, run=run, most_bytes=14 * MIB)
    for name, argv in COMMANDS.items():
        yield Printed(name=name, argv=argv, run=run)
    for name, path in FILES.items():
        yield Copied(name=name, path=sources.root / path.lstrip("/"))
    logs = (*docker, "logs", "--timestamps", "--tail=2000", rules.name)
    yield Printed(name="container/log.txt", argv=logs, run=run, most_bytes=4 * MIB)
    journal = (*JOURNAL, "--boot=-1", "--lines=10000")
    yield Printed(name="journal/previous-boot.txt", argv=journal, run=run, most_bytes=7 * MIB)
    yield Printed(name="storage/filesystems.txt", argv=BLKID, run=run)


def _records(sources: Sources) -> Iterator[Collector]:
    state = Path(sources.config.instance.state_dir)
    found = [("records", path) for path in sorted(state.glob("*.json"))]
    found += [("records/evidence", path) for path in sorted(state.glob("evidence/*"))]
    if boots := sources.config.instance.boots_dir:
        kept = sorted(Path(boots).glob("*.json"), reverse=True)
        found += [("records/boots", path) for path in kept]
    for folder, path in found[:MOST_RECORDS]:
        yield Copied(name=f"{folder}/{path.name}", path=path)
