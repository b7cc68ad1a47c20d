"""A machine image with nothing left to fetch, and the memory of a machine that was booted of it.

As `packaging/ami/component.yaml` makes one: the bundle installed and not started, the container
image pulled. It spares a case what the happy path shows once: fetching and installing.
"""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.depot import ACCOUNT_ID, ECR_USER, cache_directory
from vm import lan
from vm.hardware import Hardware
from vm.machine import machine_directory, overlay, powered_on
from vm.parts import Parts
from vm.surroundings import Surroundings, surroundings

MADE_S = 1200.0
OFF_S = 120.0
DONE = "MACHINE-IMAGE"
READY = "MACHINE-IDLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedImage:
    disk: Path
    """qcow2, over the image of the base system; only ever read."""
    idle_disk: Path
    """The disk of the machine whose memory was saved, over `disk`."""
    idle_memory: Path


def ensure_prepared_image(parts: Parts) -> PreparedImage:
    """Return the image; minutes the first time for a bundle, then a moment."""
    kept = cache_directory() / "vm" / f"prepared-{_name(parts)}"
    found = PreparedImage(
        disk=kept / "root.qcow2", idle_disk=kept / "idle.qcow2", idle_memory=kept / "idle.memory"
    )
    if not found.idle_memory.exists():
        kept.mkdir(parents=True, exist_ok=True)
        for path in kept.iterdir():
            path.unlink()
        with tempfile.TemporaryDirectory(dir=kept) as scratch, _stack(parts) as stack:
            _install(parts, stack, overlay(parts.image.disk, "raw", Path(scratch) / "root.qcow2"))
            (Path(scratch) / "root.qcow2").rename(found.disk)
            overlay(found.disk, "qcow2", found.idle_disk)
            _save_idle(parts, stack, found, Path(scratch))
    return found


def _name(parts: Parts) -> str:
    made_of = f"{parts.image.name} {parts.bundle.sha256} {parts.depot.digest}"
    digest = hashlib.sha256(made_of.encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _stack(parts: Parts) -> Iterator[Surroundings]:
    with surroundings(parts.depot, parts.bundle) as stack:
        yield stack


def _install(parts: Parts, stack: Surroundings, root: Path) -> None:
    """Boot the base system with user data that installs, and switch itself off."""
    name = f"ladybug-agent-{parts.bundle.version}"
    registry = f"{lan.GATEWAY}:{lan.REGISTRY_PORT}"
    password = shlex.quote(registry_password(ACCOUNT_ID))
    script = f"""#!/bin/bash
set -eux
cd /var/tmp
aws s3 cp --only-show-errors {stack.bundle_uri} bundle
echo "{parts.bundle.sha256}  bundle" | sha256sum --check
tar -xzf bundle
LADYBUG_SHA256={parts.bundle.sha256} {name}/install --no-start
echo {password} | docker login --username {ECR_USER} --password-stdin {registry}
docker pull {stack.image}
docker logout {registry}
rm -rf bundle {name} /root/.docker
sync
echo {DONE} >/dev/console
systemctl poweroff --no-block
"""
    stack.imds.facts = replace(stack.imds.facts, user_data=script)
    hardware = Hardware(image=parts.image, root=root)
    with machine_directory() as run, powered_on(hardware, run) as machine:
        machine.await_console(DONE, within_s=MADE_S)
        machine.await_off(within_s=OFF_S)


def _save_idle(parts: Parts, stack: Surroundings, found: PreparedImage, scratch: Path) -> None:
    """Boot an instance of the image that is not told what to do, start Docker, keep its memory."""
    script = f"#!/bin/bash\nsystemctl start docker.service\necho {READY} >/dev/console\n"
    # Another instance than the one that the image was made on.
    facts = replace(stack.imds.facts, user_data=script, instance_id="i-0fedcba9876543210")
    stack.imds.facts = facts
    memory = scratch / "memory"
    with machine_directory() as run:
        hardware = Hardware(image=parts.image, root=found.idle_disk, root_bus="virtio")
        with powered_on(hardware, run) as machine:
            machine.await_console(READY, within_s=MADE_S)
            machine.guest.await_up(within_s=OFF_S)
            machine.guest.shell(
                "cloud-init status --wait; systemctl is-system-running --wait; sync;"
                " echo 3 >/proc/sys/vm/drop_caches",
                within_s=OFF_S,
            )
            machine.monitor.save_memory(memory)
    memory.rename(found.idle_memory)
