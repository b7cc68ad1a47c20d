"""Make a bundle from its collectors to where it is to go: `diagnose --bundle`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.command_line.bundle_target import BundleTarget
from ladybug_agent.diagnose.bundle.archive import bundle_name, manifest, pack, write_manifest
from ladybug_agent.diagnose.bundle.collect import Limits, collect
from ladybug_agent.diagnose.bundle.contents import Sources, contents
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.ports.bundle import BundleWorld
from ladybug_agent.redaction.environment import remember_environment

SCRATCH = Path("/var/tmp")  # noqa: S108 - on the root disk, other than /tmp; the directory is private


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One bundle."""

    target: BundleTarget
    sources: Sources
    instance: str
    """The id of the instance; empty if nobody knows it."""
    taken_at: datetime
    limits: Limits = field(default_factory=Limits)
    scratch: Path = SCRATCH
    """Where a bundle for S3 is made."""


def make_bundle(request: Request, world: BundleWorld, deadline: Deadline) -> str:
    """Collect, pack, deliver; return where the bundle is: a path or a URI.

    Blocks for at most `limits.all_s`, and for the upload. Raises Refused where there is no room or
    the file exists, ExternalFailure where it cannot be written or uploaded.
    """
    name = bundle_name(request.instance, request.taken_at)
    target = _target_file(request.target, name)
    place = target.parent if target else request.scratch
    with _writing_to(place):
        _require_room(place, request.limits)
        remember_environment(request.sources.config.container.environment)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=place) as private:
            packed = _packed(request, world, Path(private), name, deadline)
            if target is None:
                return _uploaded(request.target, world, packed, name)
            _put_in_place(packed, target)
            return str(target)


def _packed(
    request: Request, world: BundleWorld, private: Path, name: str, deadline: Deadline
) -> Path:
    room, packed = private / "files", private / "bundle"
    room.mkdir(mode=0o700)
    plan = contents(request.sources, world.run)
    entries = collect(plan, room, request.limits, deadline)
    told = manifest(request.instance, request.taken_at, entries, request.limits)
    write_manifest(told, room)
    pack(room, packed, name, request.taken_at)
    return packed


def _target_file(target: BundleTarget, name: str) -> Path | None:
    """Return the file to write: in a directory that was named, one with the name of the bundle."""
    if target.file is None:
        return None
    file = target.file.absolute()
    return file / f"{name}.tar.gz" if file.is_dir() else file


def _require_room(place: Path, limits: Limits) -> None:
    if (free := shutil.disk_usage(place).free) < limits.needed_bytes:
        raise Refused(
            "support_bundle_no_room",
            f"wanted {limits.needed_bytes} bytes free in {place}, found {free}",
            hint="free some space, or name a file on another disk; the diagnosis itself needs none",
        )


def _put_in_place(packed: Path, target: Path) -> None:
    # A link, because it never replaces a file that is there, and never follows one.
    try:
        os.link(packed, target)
    except FileExistsError as error:
        raise Refused(
            "support_bundle_exists",
            f"wanted to write a new file {target}, found one there",
            hint="name another file, or a directory: the bundle then has a name of its own",
        ) from error


def _uploaded(target: BundleTarget, world: BundleWorld, packed: Path, name: str) -> str:
    key = "/".join(part for part in (target.prefix, f"{name}.tar.gz") if part)
    world.store().put(packed, target.bucket, key)
    return f"s3://{target.bucket}/{key}"


@contextmanager
def _writing_to(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExternalFailure(
            "support_bundle_unwritable",
            f"cannot write a bundle in {place}",
            hint="does the directory exist, and may this user write to it? /tmp is a good place",
        ) from error
