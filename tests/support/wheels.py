"""Wheels as small as they can be, for bundles that are built in a moment."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ladybug_fleet.bundle.lock import Pin

PURE_TAG = "py3-none-any"


def make_wheel(  # noqa: PLR0913 - a wheel has that many parts
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    files: Mapping[str, bytes] | None = None,
    tag: str = PURE_TAG,
    pure: bool = True,
) -> Pin:
    """Write a wheel into the folder; return its pin."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    lines = [f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense: MIT\n"]
    lines += [f"Requires-Dist: {text}\n" for text in requires]
    path = folder / f"{stem}-{version}-{tag}.whl"
    contents = {
        **(files or {f"{stem}.py": b""}),
        f"{info}/METADATA": "".join(lines).encode(),
        f"{info}/WHEEL": _wheel_text(tag, pure=pure).encode(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inner, data in contents.items():
            archive.writestr(zipfile.ZipInfo(inner), data)  # without a date: always the same hash
    return Pin(name=name, version=version, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _wheel_text(tag: str, *, pure: bool) -> str:
    return f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\nTag: {tag}\n"
