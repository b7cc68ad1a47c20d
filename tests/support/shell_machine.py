"""A directory that shell scripts take for the whole machine, with programs of the test's own."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUB = ROOT / "packaging" / "userdata.sh"
INSTALLER = ROOT / "packaging" / "bundle" / "install"
UNITS = ROOT / "systemd"
PLACES = re.compile(
    r"(?<![\w.}$])/(?=(?:opt|etc|var|run)/|dev/console|usr/bin/ladybug-agent|usr/(?:local/)?share/)"
)
TIMEOUT_S = 60.0
SEARCH_PATH = "PATH=/usr/local/sbin:"


@dataclass(frozen=True, slots=True)
class ShellMachine:
    """Scripts are changed in one respect: their places lie in `root`, their programs before all."""

    root: Path

    def path(self, name: str) -> Path:
        """Return where a path of the machine really is."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str:
        path = self.path(name)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def write(self, name: str, text: str) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def program(self, name: str, script: str) -> None:
        """Put a program on the machine that notes its arguments in `calls` and runs `script`."""
        calls = self.root / "calls"
        text = f'#!/bin/bash\necho "{name} $*" >>{calls}\n{script}\n'
        self.write(f"programs/{name}", text).chmod(0o755)

    def calls(self, start: str = "") -> list[str]:
        """Return the command lines of the test's programs that start so, in order."""
        return [line for line in self.read("calls").splitlines() if line.startswith(start)]

    def moved(self, text: str) -> str:
        """Return a script with its places in `root`."""
        moved = PLACES.sub(f"{self.root}/", text)
        return moved.replace(SEARCH_PATH, f"PATH={self.root}/programs:/usr/local/sbin:")

    def script(self, source: Path, **settings: object) -> Path:
        """Copy a script; `settings` replace what its constants are set to."""
        text = self.moved(source.read_text(encoding="utf-8"))
        for name, value in settings.items():
            text = re.sub(rf"^{name}=\S+", f"{name}={value}", text, flags=re.MULTILINE)
        path = self.write(f"scripts/{source.name}", text)
        path.chmod(0o755)
        return path

    def run(self, *argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run to the end with nothing in the environment but what the test gives."""
        return subprocess.run(
            [str(part) for part in argv],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def link(self, name: str) -> str:
        """Return where a link of the installation points to; empty if there is none."""
        path = self.path(f"/opt/ladybug-agent/{name}")
        return str(path.readlink()) if path.is_symlink() else ""

    def left_over(self) -> list[str]:
        """Return what an installation should not leave behind."""
        home = self.path("/opt/ladybug-agent")
        return sorted(
            path.name
            for path in (home.iterdir() if home.exists() else ())
            if path.name.startswith((".staging", ".fetched", ".packages")) or ".new" in path.name
        )


def a_machine(root: Path) -> ShellMachine:
    """Return a machine with systemd, Docker and root's rights, which has just been launched."""
    machine = ShellMachine(root)
    for name in (
        "/opt",
        "/usr/bin",
        "/etc/systemd/system",
        "/var/log",
        "/dev",
        "/run/systemd/system",
    ):
        machine.path(name).mkdir(parents=True)
    machine.write("/var/lib/cloud/data/instance-id", "i-0123456789abcdef0\n")
    machine.program("id", "echo 0")
    machine.program("dockerd", "")
    machine.program("systemctl", '[ "$1" != is-active ]')
    for name in ("dnf", "apt-get", "curl", "aws"):
        machine.program(name, f"echo no {name} here >&2; exit 127")
    return machine
