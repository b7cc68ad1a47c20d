"""A replica without data, asked for by the configuration: for a first deployment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.resources.contents.database import Database

MODE = 0o555


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyByRequest:
    """Evidence: `data.mode` asks for a replica without data, and this directory holds nothing.

    Never made from what is found: a blank volume in the normal mode is an error.
    """

    instance: InstanceIdentity
    directory: Path

    databases: tuple[Database, ...] = ()
    generation: str = "empty"
    size_bytes: int = 0
    degraded_reasons: tuple[str, ...] = ("empty_by_request",)


def ensure_empty_directory(instance: InstanceIdentity, directory: Path) -> EmptyByRequest:
    """Make the directory that the container gets in place of data; refuse one with contents."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        found = "a symbolic link" if directory.is_symlink() else ", ".join(_names(directory))
        if not found:
            directory.chmod(MODE)  # whatever the umask is: the container must read it
    except OSError as error:
        raise ExternalFailure(
            "empty_directory_not_made",
            f"cannot make the empty directory {directory}",
            hint="is the disk of `instance.state_dir` full or read-only? `df`, `findmnt`",
        ) from error
    if found:
        raise Refused(
            "empty_directory_not_empty",
            f"wanted {directory} empty, as `data.mode` asks for, found {found}",
            hint="nothing but the agent may use it: move the contents away",
        )
    return EmptyByRequest(instance=instance, directory=directory)


def _names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())
