"""The sound volumes that the cases copy, made once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ladybug_lab.engines import LADYBUG_0_22
from support.databases import checkpointed
from support.volumes import make_volume

Filesystem = Literal["xfs", "ext4"]
NAME = "sec"
FILE = f"{NAME}.lbug"


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """Images of 1 GiB with one database, closed in good order."""

    xfs: Path
    ext4: Path

    @classmethod
    def make(cls, directory: Path) -> Originals:
        content = directory / "content"
        (content / "databases").mkdir(parents=True)
        checkpointed(LADYBUG_0_22, content / "databases" / FILE)
        return cls(
            xfs=make_volume(directory / "xfs", content=content, filesystem="xfs"),
            ext4=make_volume(directory / "ext4", content=content, filesystem="ext4"),
        )

    def image(self, filesystem: Filesystem) -> Path:
        return self.xfs if filesystem == "xfs" else self.ext4
