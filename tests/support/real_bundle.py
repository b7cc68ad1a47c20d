"""A bundle of this very agent with all its libraries: wheels by pip, and a lock."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import ladybug_agent
from ladybug_lab.depot import cache_directory
from support.shell_machine import INSTALLER, ROOT, UNITS

PURE = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    version: str
    archive: Path
    sha256: str


def real_bundle(directory: Path) -> Bundle:
    """Make the bundle; half a minute and a package index the first time, some seconds then."""
    version = ladybug_agent.__version__
    top = directory / f"ladybug-agent-{version}"
    wheels = top / "wheels"
    shutil.copytree(_libraries(), wheels)
    _pip("wheel", "--no-deps", f"--wheel-dir={wheels}", str(ROOT))
    (top / "requirements.txt").write_text("".join(map(_pin, sorted(wheels.iterdir()))))
    shutil.copy(INSTALLER, top / "install")
    shutil.copytree(UNITS, top / "systemd")
    manifest = {"schema": "ladybug.bundle/1", "version": version}
    (top / "manifest.json").write_text(json.dumps(manifest, indent=1))
    archive = directory / f"ladybug-agent-{version}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as out:
        out.add(top, arcname=top.name)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return Bundle(version=version, archive=archive, sha256=digest)


def _libraries() -> Path:
    """Return a directory with the wheels of what the agent needs, fetched once."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted: list[str] = project["dependencies"]
    name = hashlib.sha256("\0".join(wanted).encode()).hexdigest()[:12]
    kept = cache_directory() / "wheels" / name
    if not kept.exists():
        draft = kept.with_name(f".{name}")
        shutil.rmtree(draft, ignore_errors=True)
        _pip("download", *PURE, "--python-version=3.11", f"--dest={draft}", *wanted)
        draft.rename(kept)
    return kept


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True, timeout=300,
    )  # fmt: skip


def _pin(wheel: Path) -> str:
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}\n"
