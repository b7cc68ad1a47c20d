"""A happy world and its configuration, with any part of either replaced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakes.clock import FakeClock
from fakes.engine import DIGEST, REPOSITORY, FakeEngine, FakeImageRegistry
from fakes.hydration import FakeLayout, FakeMapStore, FakePageCache
from fakes.instance import FakeEc2, FakeMachine, FakeMetadata
from fakes.kernel_log import FakeKernelLog
from fakes.mounts import FakeMounts
from fakes.orchestrator import FakeOrchestrator
from fakes.registry import FakeRegistry
from fakes.service import FakeHttp
from fakes.storage import FakeBlockDevices
from ladybug_agent.config import (
    Config,
    ContainerConfig,
    InstanceConfig,
    RegistryConfig,
)
from ladybug_agent.config.data import DataConfig
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.ports import World

IMAGE_BY_DIGEST = f"{REPOSITORY}@{DIGEST}"
IMAGE_BY_TAG = f"{REPOSITORY}:1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeWorld(World):
    """A world whose parts the type checker knows to be fakes."""

    metadata: FakeMetadata
    ec2: FakeEc2
    image_registry: FakeImageRegistry
    block_devices: FakeBlockDevices
    mounts: FakeMounts
    kernel_log: FakeKernelLog
    engine: FakeEngine
    http: FakeHttp
    instance_registry: FakeRegistry
    machine: FakeMachine
    layout: FakeLayout
    page_cache: FakePageCache
    maps: FakeMapStore
    orchestrators: tuple[FakeOrchestrator, ...]


def a_world(clock: FakeClock, **replacements: Any) -> FakeWorld:
    """Return a world in which everything is there at once and in order, but for `replacements`."""
    devices = replacements.get("block_devices") or FakeBlockDevices(clock)
    parts: dict[str, Any] = {
        "metadata": FakeMetadata(),
        "ec2": FakeEc2(),
        "image_registry": FakeImageRegistry(),
        "block_devices": devices,
        "mounts": FakeMounts(devices),
        "kernel_log": devices.kernel_log,
        "engine": FakeEngine(clock),
        "http": FakeHttp(clock),
        "instance_registry": FakeRegistry(),
        "machine": FakeMachine(),
        "layout": FakeLayout(),
        "page_cache": FakePageCache(),
        "maps": FakeMapStore(),
        "orchestrators": (FakeOrchestrator(),),
    }
    return FakeWorld(**{**parts, **replacements})


def a_config(tmp_path: Path, **overrides: object) -> Config:
    """Return a configuration with its paths under `tmp_path`; overrides are `section.key`."""
    config = Config(
        schema=1,
        instance=InstanceConfig(
            environment="test", state_dir=str(tmp_path / "state"), boots_dir=str(tmp_path / "boots")
        ),
        data=DataConfig(databases=("sec",), mount_point=str(tmp_path / "volume")),
        container=ContainerConfig(image=IMAGE_BY_DIGEST),
        registry=RegistryConfig(table="instance-registry"),
        # Off: its threads read in real time, which a fake clock would outrun.
        hydration=HydrationConfig(mode="off", ledger_dir=str(tmp_path / "ledgers")),
    )
    for path, value in overrides.items():
        section, _, name = path.partition(".")
        changed: Any = replace(getattr(config, section), **{name: value})
        config = replace(config, **{section: changed})
    return config
