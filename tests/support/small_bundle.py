"""A bundle whose agent is a few lines, for tests of what installs it."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from support.shell_machine import INSTALLER, UNITS, ShellMachine

AGENT = """import sys
if sys.argv[1:] == ["--version"]:
    print("ladybug-agent {version}")
elif sys.argv[1:2] == ["config"]:
    text = open(sys.argv[-1]).read()
    sys.exit("config_not_toml: found " + text.strip() if "wrong" in text else 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallBundle:
    version: str
    directory: Path
    archive: Path
    sha256: str


def small_bundle(
    machine: ShellMachine, version: str, *, note: str = "", says: str = "", **settings: object
) -> SmallBundle:
    """Make a bundle. With another `note` it is another bundle; `says` is what its agent calls
    itself; `settings` replace constants of the installer."""
    directory = machine.path(f"bundles/{note or 'as-is'}/ladybug-agent-{version}")
    wheels = directory / "wheels"
    wheels.mkdir(parents=True)
    wheel = _wheel(wheels, version, says or version)
    _write_lock(directory, version, wheel)
    (directory / "manifest.json").write_text(
        json.dumps({"schema": "ladybug.bundle/1", "version": version, "note": note}, indent=1)
    )
    machine.script(INSTALLER, **settings).rename(directory / "install")
    (directory / "systemd").mkdir()
    for path in UNITS.iterdir():
        target = directory / "systemd" / path.name
        target.write_text(machine.moved(path.read_text(encoding="utf-8")), encoding="utf-8")
        target.chmod(path.stat().st_mode)
    archive = directory.parent / f"ladybug-agent-{version}.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        out.add(directory, arcname=directory.name)
    return SmallBundle(
        version=version,
        directory=directory,
        archive=archive,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
    )


def _wheel(wheels: Path, version: str, says: str) -> Path:
    path = wheels / f"ladybug_agent-{version}-py3-none-any.whl"
    info = f"ladybug_agent-{version}.dist-info"
    files = {
        "ladybug_agent/__init__.py": "",
        "ladybug_agent/__main__.py": AGENT.format(version=says),
        "ladybug_agent/cli.py": "def main():\n    import ladybug_agent.__main__\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: ladybug-agent\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nladybug-agent = ladybug_agent.cli:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return path


def _write_lock(directory: Path, version: str, wheel: Path) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"ladybug-agent=={version} --hash=sha256:{digest}\n"
    (directory / "requirements.txt").write_text(line)
