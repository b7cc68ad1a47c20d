"""A root filesystem with systemd as its first process, from the package archive, made once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

_SUITE = "bookworm"  # systemd 252, as Amazon Linux 2023 has it
_PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3")
AS_LAUNCHED = ("curl", "python3-venv")
"""What a machine image has that needs nothing but the bundle."""
_LEFT_OUT = ("./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/locale")
_MAKE_TIMEOUT_S = 600.0
_PACK_TIMEOUT_S = 120.0


def recipe(extra: tuple[str, ...] = ()) -> str:
    """Return a name that changes with what is put in."""
    digest = hashlib.sha256("\0".join((_SUITE, *_PACKAGES, *extra, *_LEFT_OUT)).encode())
    return digest.hexdigest()[:12]


def ensure_systemd_image(extra: tuple[str, ...] = ()) -> str:
    """Return the image's name; `extra` are packages that it has, too.

    About a minute the first time, then no network is needed.
    """
    name = f"ladybug-lab/systemd:{recipe(extra)}"
    if _has(name):
        return name
    archive = cache_directory() / "systemd" / f"{recipe(extra)}.tar"
    if not archive.exists():
        _make(archive, (*_PACKAGES, *extra))
    run(["docker", "import", str(archive), name], timeout_s=_PACK_TIMEOUT_S)
    return name


def _has(name: str) -> bool:
    try:
        run(["docker", "image", "inspect", name], timeout_s=_PACK_TIMEOUT_S)
    except LabError:
        return False
    return True


def _make(archive: Path, packages: tuple[str, ...]) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".rootfs-") as scratch:
        root, draft = Path(scratch) / "root", Path(scratch) / "draft.tar"
        run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}",
             _SUITE, str(root)],
            timeout_s=_MAKE_TIMEOUT_S,
        )  # fmt: skip
        left_out = [f"--exclude={path}" for path in _LEFT_OUT]
        run(
            ["tar", "--create", f"--file={draft}", f"--directory={root}", *left_out, "."],
            timeout_s=_PACK_TIMEOUT_S,
        )
        os.replace(draft, archive)  # noqa: PTH105 - whole or not at all


if __name__ == "__main__":
    print(ensure_systemd_image())
    print(ensure_systemd_image(AS_LAUNCHED))
