"""The agent's own wheel, by hatchling, in a form that only its sources decide."""

from __future__ import annotations

import stat
import tempfile
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder

from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.bundle.disk import writing_to
from ladybug_fleet.bundle.wheel import Wheel, read_wheel

PACKAGES = ["agent/ladybug_agent", "agent/ladybug_fleet"]
"""The lab is left out: it imports what only the extra `lab` brings, and no instance rehearses."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that the zip format can say."""
FILE_MODE = (stat.S_IFREG | 0o644) << 16


def build_own_wheel(checkout: Checkout) -> Wheel:
    """Return the wheel of the checkout. Takes half a second. Raises ExternalFailure."""
    text = (checkout.root / "pyproject.toml").read_text(encoding="utf-8")
    config: dict[str, Any] = tomllib.loads(text)
    config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] = PACKAGES
    with writing_to(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as work:
        builder = WheelBuilder(str(checkout.root), config=config)
        path = Path(next(iter(builder.build(directory=work, versions=["standard"]))))
        return read_wheel(path.name, _stored(path.read_bytes()))


def _stored(wheel: bytes) -> bytes:
    """Return the same wheel uncompressed, without dates and with one mode.

    Each zlib compresses to bytes of its own, and SOURCE_DATE_EPOCH would set the dates. What is
    installed is the same: pip reads names and contents.
    """
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(wheel)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = FILE_MODE
            new.writestr(entry, old.read(name))
    return out.getvalue()
