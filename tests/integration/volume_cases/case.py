"""One row of the table: how a volume is made and met, and what the agent must answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from integration.volume_cases.disks import as_loop
from integration.volume_cases.originals import Filesystem
from integration.volume_cases.scene import Scene
from integration.volume_cases.told import AS_IT_IS
from ladybug_agent.resources.image import PulledImage

Change = Callable[[Path], object]
"""Changes the image of the volume, which is not attached to anything."""
Arrange = Callable[[Scene], object]


def nothing(_: object) -> None:
    """Leave it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The case goes on to where the image's own engine has opened the databases."""

    image: Callable[[PulledImage], PulledImage] = lambda image: image
    """What is different about the image that the lab has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How the volume is made, in this order, and what the agent answers.

    An answer with a `code` is an error: no evidence comes back, so that nothing can be served.
    """

    name: str
    filesystem: Filesystem = "xfs"
    change: Change = nothing
    attach: Arrange = as_loop
    ec2: Arrange = AS_IT_IS
    arrange: Arrange = nothing
    after: tuple[str, Arrange] = ("", nothing)
    """Something that happens when a step of the boot is done."""
    data: Mapping[str, object] = field(default_factory=dict)
    """Keys of the section `[data]`."""
    engine: Engine | None = None
    fake_clock: bool = False

    code: str = ""
    """The error's code; nothing for a volume that is verified."""
    status: int = 1
    volume: Literal["untouched", "replayed", "recovered"] = "untouched"
    """What became of the image: only the journal's replay and the engine's recovery write."""
    says: tuple[str, ...] = ()
    """Words of the message, or of a good boot's record; `{node}` and the like are filled in."""
    says_nothing_of: str = ""
    within_s: float = 60.0
    passes_s: tuple[float, float] | None = None
    """Only with a fake clock: how much time the wait takes, at least and at most."""
