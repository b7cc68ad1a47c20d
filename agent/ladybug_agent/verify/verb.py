"""What the command line of `verify` asks for, turned into checks."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ladybug_agent.branches import run_watched
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.config.bare import bare_config
from ladybug_agent.config.data import DataConfig
from ladybug_agent.config.file import load_config
from ladybug_agent.errors import ConfigError, Refused
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.ports.storage import BlockDevices
from ladybug_agent.resources.candidates import volume_id_of
from ladybug_agent.resources.container_spec import judge_memory_limit
from ladybug_agent.resources.engine.run import EngineRules
from ladybug_agent.resources.snapshot import ContentRules
from ladybug_agent.verify.device import DeviceWorld, look_inside
from ladybug_agent.verify.directory import OpenWith, Verification, find_databases, verify_directory
from ladybug_agent.verify.manifest_writer import write_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyWorld:
    """What `verify` looks at the world with; each part is made only when it is asked for."""

    device: Callable[[], DeviceWorld]
    engine: Callable[[Config], ContainerEngine]
    memory_total_bytes: int
    is_root: bool


def verify_config(arguments: argparse.Namespace) -> Config:
    """Return the configuration; on a machine without one, the defaults, if a place is named."""
    named = arguments.path or arguments.device or arguments.write_manifest
    if named and not arguments.config.exists():
        return bare_config()
    return load_config(arguments.config)


def run_verify(
    arguments: argparse.Namespace, config: Config, world: VerifyWorld, deadline: Deadline
) -> tuple[Verification, Path | None]:
    """Return what was found, and the manifest that was written, if that was asked for."""
    data = _rules(arguments, config.data)
    rules = ContentRules(data=data, uid=config.container.uid)
    opener = _opener(arguments.image, config, world) if arguments.image else None
    with _directory(arguments, data, world, deadline) as (directory, facts):
        # Watched, so that control-C ends it also when a read of the volume hangs.
        found = run_watched(
            lambda: verify_directory(directory, rules, opener, deadline), "the contents", deadline
        )
        found = replace(found, device=facts)
    if not arguments.write_manifest or not found.is_good:
        return found, None
    source = _volume_below(found.directory, world.device().block_devices)
    return found, write_manifest(found, source, deadline.clock.utcnow(), deadline)


def _rules(arguments: argparse.Namespace, data: DataConfig) -> DataConfig:
    elsewhere = arguments.path or arguments.device or arguments.write_manifest
    return replace(
        data,
        databases=tuple(arguments.database) or (() if elsewhere else data.databases),
        verify_depth=arguments.depth or data.verify_depth,
        # The old manifest is about another snapshot.
        manifest="ignore" if arguments.write_manifest else data.manifest,
        on_pending_recovery="refuse",
    )


@contextmanager
def _directory(
    arguments: argparse.Namespace, data: DataConfig, world: VerifyWorld, deadline: Deadline
) -> Iterator[tuple[Path, dict[str, object]]]:
    if arguments.device is None:
        path = arguments.path or arguments.write_manifest or _mounted(data)
        yield find_databases(path, data.databases_dir), {}
        return
    if not world.is_root:
        raise ConfigError(
            "not_root",
            "`verify --device` seals and mounts the device, which needs root",
            hint="run it with sudo; a directory can be looked at as any user",
        )
    with look_inside(world.device(), arguments.device, data, deadline) as inside:
        yield find_databases(inside.root, data.databases_dir), inside.facts


def _mounted(data: DataConfig) -> Path:
    path = Path(data.mount_point)
    if data.mode == "empty" or not path.is_mount():
        why = "`data.mode` is `empty`" if data.mode == "empty" else f"nothing is mounted at {path}"
        raise Refused(
            "verify_nothing_mounted",
            f"wanted to verify the data volume of this instance, but {why}",
            hint="name what to look at: a directory, or --device DEV",
        )
    return path


def _volume_below(directory: Path, devices: BlockDevices) -> str:
    """Return the EBS volume that a directory lies on; empty for any other disk."""
    device = directory.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    below = [disk for disk in devices.disks() if number in {disk.device_number, *disk.partitions}]
    return volume_id_of(below[0]) if below and (below[0].serial or "").startswith("vol") else ""


def _opener(reference: str, config: Config, world: VerifyWorld) -> OpenWith:
    engine = world.engine(config)
    image = engine.image(reference)
    if image is None:
        raise ConfigError(
            "verify_image_unknown",
            f"the Docker engine has no image {reference}",
            hint="`docker pull` it first: verify asks no registry",
        )
    return OpenWith(
        engine=engine,
        image_id=image.image_id,
        rules=EngineRules(
            container="ladybug-verify",
            python=config.container.python,
            uid=config.container.uid,
            memory_bytes=config.container.memory_bytes
            or judge_memory_limit(world.memory_total_bytes),
        ),
    )
