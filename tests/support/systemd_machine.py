"""A machine whose first process is a real systemd, in a container, with units of ours."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.systemd_image import ensure_systemd_image

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
AGENT = "/opt/ladybug-agent/current/bin/ladybug-agent"
PYTHON = "/usr/bin/python3"
START_S = 90.0
# What systemd needs of a container, which is less than --privileged.
FLAGS = (
    "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--cgroupns", "private",
    "--stop-signal", "SIGRTMIN+3",
    "--tmpfs", "/run:exec", "--tmpfs", "/tmp", "--tmpfs", "/run/lock",
    "--volume", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SystemdMachine:
    name: str

    def run(self, *argv: str, check: bool = True) -> str:
        """Run a program on the machine and return what it printed."""
        done = subprocess.run(
            ["docker", "exec", self.name, *argv],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, (argv, done.stdout, done.stderr)
        return done.stdout.strip()

    def write(self, path: str, text: str, *, mode: str = "644") -> None:
        directory = str(Path(path).parent)
        self.run("mkdir", "-p", directory)
        subprocess.run(
            ["docker", "exec", "-i", self.name, "sh", "-c", f"cat > {path}; chmod {mode} {path}"],
            input=text,
            text=True,
            check=True,
            timeout=30,
        )

    def read(self, path: str) -> str:
        return self.run("sh", "-c", f"cat {path} 2>/dev/null || true")

    def systemctl(self, *argv: str, check: bool = True) -> str:
        return self.run("systemctl", *argv, check=check)

    def show(self, unit: str, name: str) -> str:
        return self.systemctl("show", "--value", f"--property={name}", unit)

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}")

    def install(self, *names: str) -> None:
        """Install units as they are shipped."""
        for name in names:
            self.write(f"/etc/systemd/system/{name}", (UNITS / name).read_text(encoding="utf-8"))
        self.systemctl("daemon-reload")

    def drop_in(self, unit: str, text: str) -> None:
        self.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.systemctl("daemon-reload")

    def stub(self, script: str) -> None:
        """Put a shell script in the place of the agent; `$1` is the verb."""
        self.write(AGENT, f"#!/bin/sh\n{script}\n", mode="755")

    def await_text(self, path: str, text: str, *, within_s: float = 30.0, times: int = 1) -> str:
        give_up = time.monotonic() + within_s
        while (found := self.read(path)).count(text) < times:
            assert time.monotonic() < give_up, (path, found)
            time.sleep(0.2)
        return found

    def shut_down(self, *, within_s: float = 150.0) -> None:
        """Halt as a power button does, and wait for the end."""
        subprocess.run(
            ["docker", "stop", f"--time={within_s:g}", self.name],
            check=True,
            capture_output=True,
            timeout=within_s + 30,
        )


@contextmanager
def systemd_machine(
    *flags: str, volumes: Sequence[str] = (), packages: tuple[str, ...] = ()
) -> Iterator[SystemdMachine]:
    """Boot the machine; all of it is gone afterwards."""
    name = f"lab-systemd-{uuid.uuid4().hex[:8]}"
    mounts = [part for volume in volumes for part in ("--volume", volume)]
    argv = ["docker", "run", "--detach", "--name", name, *FLAGS, *flags, *mounts]
    argv += [ensure_systemd_image(packages), "/sbin/init"]
    made = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    try:
        machine = SystemdMachine(name)
        give_up = time.monotonic() + START_S
        while machine.systemctl("is-system-running", check=False) not in {"running", "degraded"}:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        yield machine
    finally:
        subprocess.run(
            ["docker", "rm", "--force", name], check=True, capture_output=True, timeout=60
        )
