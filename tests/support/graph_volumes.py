"""A volume with one graph database, as the image that a lazily loaded device shows."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ladybug_lab.volumes.image import make_image
from support.keeping import kept_directory

# Blocks that no database lies in: a reader of the whole device pays for them.
_VOLUME_PER_DATABASE = 1.4
_SECTOR_BYTES = 4096
_HEX_DIGITS = 17


def graph_volume(database: Path, directory: Path) -> Path:
    """Return an XFS image in `directory` with `databases/NAME.lbug`, made if it is not there.

    It is sparse, and named `vol-...` by the database. Seconds for each GB.
    """
    digest = hashlib.sha256(str(database).encode()).hexdigest()[:_HEX_DIGITS]
    name = f"vol-{digest}"

    def make(draft: Path) -> None:
        with tempfile.TemporaryDirectory(dir=database.parent) as scratch:
            databases = Path(scratch) / "databases"
            databases.mkdir()
            os.link(database, databases / database.name)
            wanted_bytes = int(database.stat().st_size * _VOLUME_PER_DATABASE)
            size_bytes = wanted_bytes - wanted_bytes % _SECTOR_BYTES
            make_image(draft / name, content=Path(scratch), size_bytes=size_bytes)

    return kept_directory(directory / f"{database.parent.name}.volume", make) / name
