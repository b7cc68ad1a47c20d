"""Changes to what is inside a volume, made while it is mounted by somebody who may write to it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.instance import SNAPSHOT
from integration.volume_cases.case import Change
from integration.volume_cases.originals import FILE, NAME, Filesystem
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config.data import DataConfig
from ladybug_agent.resources.contents.manifest import FILE_NAME
from ladybug_agent.resources.snapshot import ContentRules
from ladybug_agent.verify.directory import verify_directory
from ladybug_agent.verify.manifest_writer import write_manifest
from ladybug_lab.engines import LADYBUG_0_22, Engine
from ladybug_lab.shell import run
from support.volumes import GIB, writable

Alter = Callable[[Path], object]
"""Changes a file, or the directory of databases."""
Make = Callable[[Engine, Path], Path]
UID = 1000
TIMEOUT_S = 30.0


def made_anew(filesystem: Filesystem, size_bytes: int, *options: str) -> Change:
    """Make an empty filesystem of a size of its own choice, on an image of 1 GiB."""

    def change(image: Path) -> None:
        image.unlink(missing_ok=True)
        with image.open("wb") as file:
            file.truncate(size_bytes)
        run([f"mkfs.{filesystem}", "-q", *options, str(image)], timeout_s=TIMEOUT_S)
        os.truncate(image, GIB)

    return change


def inside(*alterations: Alter) -> Change:
    """Change the directory of databases, one alteration after the other."""

    def change(image: Path) -> None:
        with writable(image) as content:
            for alter in alterations:
                alter(content / "databases")

    return change


def on_root(alter: Alter) -> Change:
    """Change the root of the filesystem."""

    def change(image: Path) -> None:
        with writable(image) as content:
            alter(content)

    return change


def database(alter: Alter) -> Change:
    """Change the one database."""
    return inside(file(FILE, alter))


def file(name: str, alter: Alter) -> Alter:
    return lambda databases: alter(databases / name)


def holding(make: Make, engine: Engine = LADYBUG_0_22, name: str = FILE) -> Alter:
    """Put a database of a maker there, in place of what is there."""

    def alter(databases: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            make(engine, Path(scratch) / name)
            for made in Path(scratch).iterdir():
                shutil.copyfile(made, databases / made.name)

    return alter


def write(name: str, content: bytes) -> Alter:
    return lambda databases: (databases / name).write_bytes(content)


def move_out(databases: Path) -> None:
    """Move the database out of the directory, and leave a link to where it is now."""
    outside = databases.parent / "outside.lbug"
    (databases / FILE).rename(outside)
    (databases / FILE).symlink_to(outside.name)


def link_to(target: str) -> Alter:
    """Put a symbolic link in the place of a file or a directory."""

    def alter(path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        path.symlink_to(target)

    return alter


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_device(path: Path) -> None:
    """Put a device there that has the numbers of the null device."""
    path.unlink()
    os.mknod(path, stat.S_IFCHR | 0o644, os.makedev(1, 3))


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def mode(bits: int) -> Alter:
    return lambda path: path.chmod(bits)


def give_to_the_container(databases: Path) -> None:
    """Let the container's user write to the databases, as the writer's own user may."""
    for path in (databases, *databases.iterdir()):
        os.chown(path, UID, UID)


def with_manifest(databases: Path) -> None:
    """Write the manifest by the agent's own means."""
    _write_manifest(databases, age_days=0.0)


def manifest_of_age(days: float) -> Alter:
    return lambda databases: _write_manifest(databases, age_days=days)


def edited(edit: Callable[[dict[str, Any]], object]) -> Alter:
    """Change the manifest's entry of the database."""

    def alter(databases: Path) -> None:
        path = databases / FILE_NAME
        document = json.loads(path.read_text(encoding="utf-8"))
        edit(document["databases"][0])
        path.write_text(json.dumps(document), encoding="utf-8")

    return alter


def with_counts(**rows: int) -> Alter:
    """Let the manifest say how many rows the tables have."""
    return edited(lambda entry: entry.update(tables=rows))


def _write_manifest(databases: Path, *, age_days: float) -> None:
    deadline = Deadline.after(60.0, SystemClock())
    rules = ContentRules(data=replace(DataConfig(databases=(NAME,)), manifest="ignore"), uid=UID)
    found = verify_directory(databases, rules, None, deadline)
    write_manifest(
        found, SNAPSHOT.volume_id, datetime.now(UTC) - timedelta(days=age_days), deadline
    )
