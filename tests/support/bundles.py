"""Copies of this git clone that a bundle is made of, with libraries of a few bytes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

import ladybug_agent
from ladybug_fleet.bundle.checkout import Checkout, open_checkout
from ladybug_fleet.bundle.lock import lock_text, read_lock
from support.wheels import make_wheel

ROOT = Path(ladybug_agent.__file__).parents[2]
COPIED = ("LICENSE", "README.md", "agent", "packaging", "pyproject.toml", "systemd")
LOCK = "packaging/bundle/requirements.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A clone, and the folder with all its wheels."""

    checkout: Checkout
    wheels: Path


def copy_clone(target: Path) -> Checkout:
    """Copy what git keeps of this clone and a bundle is made of."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    _stand_in(target / "packaging/bundle/install", "#!/bin/sh\n", 0o755)
    _stand_in(target / "packaging/cloudformation/replicas.yaml", "Resources: {}\n", 0o644)
    return open_checkout(target)


def _stand_in(path: Path, text: str, mode: int) -> None:
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


def small_workshop(directory: Path) -> Workshop:
    """Copy the clone, and lock it to libraries that have the right names, and nothing in them."""
    checkout = copy_clone(directory / "clone")
    versions = {pin.name: pin.version for pin in read_lock(checkout.lock)}
    names = [Requirement(text).name for text in checkout.project["dependencies"]]
    wheels = directory / "wheels"
    pins = [make_wheel(wheels, name, versions[name]) for name in names]
    checkout.lock.write_text(lock_text(pins), encoding="utf-8")
    return Workshop(checkout=checkout, wheels=wheels)
