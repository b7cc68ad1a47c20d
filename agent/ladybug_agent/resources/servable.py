"""Whether the image can read the snapshot: the meeting point of the two branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.errors import ConfigError, Refused
from ladybug_agent.resources.contents.database import Database
from ladybug_agent.resources.empty import EmptyByRequest
from ladybug_agent.resources.image import STORAGE_VERSIONS_LABEL, PulledImage
from ladybug_agent.resources.snapshot import VerifiedSnapshot

VersionCheck = Literal["passed", "skipped"]
ServedData = VerifiedSnapshot | EmptyByRequest
"""What the container is given to serve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServableSnapshot:
    """Evidence: this image reads these databases, or nobody says which versions it reads."""

    data: ServedData
    image: PulledImage
    version_check: VersionCheck


def judge_servable(
    data: ServedData, image: PulledImage, configured_versions: str
) -> ServableSnapshot:
    """Compare the storage versions of files and image."""
    check = judge_versions(data.databases, image, configured_versions)
    return ServableSnapshot(data=data, image=image, version_check=check)


def judge_versions(
    databases: tuple[Database, ...], image: PulledImage, configured_versions: str
) -> VersionCheck:
    """Refuse a database that the image's engine does not read.

    The image's label counts; without one, the configuration's; without both the comparison is
    skipped and says so.
    """
    text = image.storage_versions or configured_versions
    if not text:
        return "skipped"
    least, most = _parse_range(text, image)
    for database in databases:
        version = database.header.storage_version
        if version > most:
            raise Refused(
                "storage_version_too_new",
                f"database {database.name} has storage version {version}, the image reads {text}",
                hint="deploy an image with a newer engine, or a snapshot taken before the upgrade",
                database=database.name,
            )
        if version < least:
            raise Refused(
                "storage_version_too_old",
                f"database {database.name} has storage version {version}, the image reads {text}",
                hint="let the master rewrite the database with its newer engine, then snapshot it",
                database=database.name,
            )
    return "passed"


def _parse_range(text: str, image: PulledImage) -> tuple[int, int]:
    least, _, most = text.partition("-")
    try:
        return int(least), int(most or least)
    except ValueError as error:
        raise ConfigError(
            "storage_versions_unreadable",
            f"wanted a range such as 40-49 in the label {STORAGE_VERSIONS_LABEL} of"
            f" {image.configured}, found `{text}`",
            hint="correct the LABEL in the image's Dockerfile",
        ) from error
