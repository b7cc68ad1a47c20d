"""One emulated instance, just launched: metadata, AWS, a data volume, a configuration."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import docker
from docker.errors import NotFound

from ladybug_lab.aws.provision import provision
from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import Depot
from ladybug_lab.imds.server import LabImds
from ladybug_lab.plan import Plan, Provisioned
from ladybug_lab.shell import run
from ladybug_lab.toml import as_toml
from ladybug_lab.volumes.image import LoopDevice, attach, attached, detach, make_image
from ladybug_lab.volumes.lazy.volume import LazyRules, LazyVolume, lazy_volume
from ladybug_lab.volumes.udev import ensure_udevd, ensure_volume_rule

GIB = 2**30
_MOUNT_POINT = "data"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What kind of instance to make."""

    directory: Path
    databases: tuple[str, ...]
    container: str = "graph-api-shared"
    port: int = 8001
    plan: Plan = field(default_factory=Plan)
    filesystem: Literal["xfs", "ext4"] = "xfs"
    lazy: LazyRules | None = None
    """How slowly the volume's blocks come from S3 at their first touch; None has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInstance:
    """The instance and its surroundings, until the end of `launch`."""

    order: Order
    aws: LabAws
    imds: LabImds
    provisioned: Provisioned
    device: LoopDevice
    image: str
    lazy: LazyVolume | None = None
    """The volume, where it is loaded lazily."""

    @property
    def config_file(self) -> Path:
        return self.order.directory / "config.toml"

    @property
    def mount_point(self) -> Path:
        return self.order.directory / _MOUNT_POINT

    @property
    def state_directory(self) -> Path:
        return self.order.directory / "state"

    @property
    def console(self) -> Path:
        return self.order.directory / "console.log"

    def environment(self) -> dict[str, str]:
        """Return what redirects an agent to these surroundings, and to nothing else."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TERM") if name in os.environ}
        return kept | {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.imds.endpoint,
            "AWS_ENDPOINT_URL": self.aws.url,
        }

    def configuration(self) -> dict[str, dict[str, Any]]:
        """Return the sections of the agent's configuration for this instance."""
        there = self.provisioned
        state, boots = str(self.state_directory), str(self.order.directory / "boots")
        return {
            "instance": {"environment": "lab", "state_dir": state, "boots_dir": boots},
            "data": {
                "databases": list(self.order.databases),
                "device_name": self.order.plan.device_name,
                "filesystem": self.order.filesystem,
                "mount_point": str(self.mount_point),
            },
            "container": {
                "image": self.image,
                "name": self.order.container,
                "port": self.order.port,
                "bind_address": "127.0.0.1",
            },
            "registry": {"table": there.table},
            "hydration": {
                "maps": f"s3://{there.bucket}/hot-maps",
                "maps_owner": there.account_id,
                "ledger_dir": str(self.order.directory / "hydration"),
            },
            "signals": {
                "stack_name": there.stack_name,
                "logical_resource_id": there.logical_resource_id,
                "auto_scaling_group": there.group,
                "launch_hook": there.hook,
                "console": str(self.console),
            },
        }

    def write_configuration(self, **changes: dict[str, Any]) -> Path:
        """Write the configuration; `changes` replace keys, section by section."""
        sections = self.configuration()
        for name, section in changes.items():
            sections[name] = sections.get(name, {}) | section
        self.config_file.write_text(as_toml(sections), encoding="utf-8")
        return self.config_file


@contextmanager
def launch(order: Order, depot: Depot, aws: LabAws) -> Iterator[LabInstance]:
    """Make the instance, and at the end take away all of it, and what an agent did there."""
    # A launched instance knows nothing of the one before it, nor holds what that left mounted.
    unmount_all(order.directory / _MOUNT_POINT)
    shutil.rmtree(order.directory, ignore_errors=True)
    order.directory.mkdir(parents=True)
    ensure_udevd()
    ensure_volume_rule()
    with ExitStack() as stack:
        plan = _roomy(order.plan, depot)
        there = provision(aws, plan)
        image = order.directory / there.volume_id
        _make_volume(image, order, plan, depot)
        stack.callback(image.unlink, missing_ok=True)
        stack.callback(_detach_all, image)
        lazy = stack.enter_context(lazy_volume(image, order.lazy)) if order.lazy else None
        device = LoopDevice(node=lazy.node, image=image) if lazy else attach(image)
        instance = LabInstance(
            order=order,
            aws=aws,
            imds=stack.enter_context(LabImds(there.facts())),
            provisioned=there,
            device=device,
            image=depot.by_tag,
            lazy=lazy,
        )
        stack.callback(unmount_all, instance.mount_point)
        stack.callback(remove_container, order.container)
        instance.console.touch()
        instance.write_configuration()
        yield instance


def _detach_all(image: Path) -> None:
    for device in attached(image):
        detach(device)


def unmount_all(mount_point: Path) -> None:
    """Unmount whatever is mounted there."""
    while mount_point.is_mount():
        run(["umount", str(mount_point)], timeout_s=_TIMEOUT_S)


def remove_container(name: str) -> None:
    """Remove the container, if there is one."""
    engine = docker.DockerClient(base_url="unix:///var/run/docker.sock", version="auto")
    try:
        engine.containers.get(name).remove(force=True)
    except NotFound:
        return
    finally:
        engine.close()


def _roomy(plan: Plan, depot: Depot) -> Plan:
    """Return the plan with a volume that holds the databases twice."""
    content = sum(f.stat().st_size for f in depot.databases.resolve().rglob("*") if f.is_file())
    return replace(plan, volume_gib=max(plan.volume_gib, 1 + 2 * content // GIB))


def _make_volume(image: Path, order: Order, plan: Plan, depot: Depot) -> None:
    """Lay the databases out as on the master's data volume, and make the volume of them.

    It is as large, to the byte, as EC2 says: the image is sparse.
    """
    with tempfile.TemporaryDirectory(dir=order.directory) as content:
        (Path(content) / "databases").symlink_to(depot.databases.resolve())
        make_image(
            image,
            content=Path(content),
            size_bytes=plan.volume_gib * GIB,
            filesystem=order.filesystem,
        )
