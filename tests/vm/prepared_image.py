"""A machine image with the agent in it, and the memory of a machine that was booted of it.

As `packaging/ami/component.yaml` makes one: the bundle installed and not started. It spares a case
what the happy path shows once, fetching and installing; and it is made without an emulated
processor, which is slow at that.
"""

from __future__ import annotations

import hashlib
import io
import os
import shlex
import shutil
import tarfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.depot import ACCOUNT_ID, ECR_USER, cache_directory
from ladybug_lab.graph_api import closure
from ladybug_lab.shell import run
from support.volumes import writable
from vm import hardware
from vm.hardware import Hardware
from vm.machine import machine_directory, overlay, powered_on
from vm.parts import Parts
from vm.surroundings import surroundings

IDLE_S = 1200.0
SETTLED_S = 180.0
INSTALL_S = 300.0
COPY_S = 120.0
KEPT_S = 86400.0
READY = "MACHINE-IDLE"
FORGOTTEN = ("var/log/ladybug-agent-install.log", "var/tmp/bundle")
"""What belongs to the machine that the image was made on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedImage:
    disk: Path
    """Raw; only ever read."""
    idle_disk: Path
    """qcow2: the disk of the machine whose memory was saved, over `disk`."""
    idle_memory: Path


def ensure_prepared_image(parts: Parts) -> PreparedImage:
    """Return the image; a boot of a machine the first time for a bundle, then a moment."""
    kept = cache_directory() / "vm" / f"prepared-{_name(parts)}"
    found = PreparedImage(
        disk=kept / "root.img", idle_disk=kept / "idle.qcow2", idle_memory=kept / "idle.memory"
    )
    if not found.idle_memory.exists():
        _forget_old(kept.parent)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        _install(parts, found.disk)
        overlay(found.disk, "raw", found.idle_disk)
        _save_idle(parts, found)
    os.utime(kept)
    return found


def _name(parts: Parts) -> str:
    made_of = f"{parts.image.name} {parts.bundle.sha256} {parts.depot.digest}"
    digest = hashlib.sha256(made_of.encode())
    for module in (__file__, hardware.__file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()[:12]


def _forget_old(directory: Path) -> None:
    """Remove what no run of the last day has used: there is one for each state of the sources."""
    for path in directory.glob("prepared-*"):
        if path.stat().st_mtime < time.time() - KEPT_S:
            shutil.rmtree(path)


def _install(parts: Parts, disk: Path) -> None:
    """Run the bundle's `install` on a copy of the base system's disk."""
    draft = disk.with_name("draft.img")
    run(["cp", "--sparse=always", str(parts.image.disk), str(draft)], timeout_s=COPY_S)
    with writable(draft) as root:
        bundle = root / "var/tmp/bundle"
        with tarfile.open(fileobj=io.BytesIO(parts.bundle.data)) as archive:
            archive.extractall(bundle, filter="tar")
        install = f"/var/tmp/bundle/ladybug-agent-{parts.bundle.version}/install"
        script = (
            f"mount --bind /dev {root}/dev && mount -t proc proc {root}/proc &&"
            f" exec chroot {root} env LADYBUG_SHA256={parts.bundle.sha256} {install} --no-start"
        )
        run(["unshare", "--mount", "sh", "-c", script], timeout_s=INSTALL_S)
        for path in FORGOTTEN:
            run(["rm", "-rf", str(root / path)], timeout_s=COPY_S)
    draft.rename(disk)


def _save_idle(parts: Parts, found: PreparedImage) -> None:
    """Boot an instance of the image that is not told what to be, and keep its memory."""
    draft = found.idle_memory.with_name("draft.memory")
    machine_hardware = Hardware(image=parts.image, root=found.idle_disk, root_bus="virtio")
    with surroundings(parts.depot, parts.bundle) as stack, machine_directory() as directory:
        stack.imds.facts = replace(stack.imds.facts, user_data=_idle_user_data(stack.image))
        with powered_on(machine_hardware, directory) as machine:
            machine.await_console(READY, within_s=IDLE_S)
            machine.guest.await_up(within_s=SETTLED_S)
            machine.guest.shell(
                "cloud-init status --wait; systemctl is-system-running --wait; sync",
                within_s=SETTLED_S,
            )
            machine.monitor.save_memory(draft)
    draft.rename(found.idle_memory)


def _idle_user_data(image: str) -> str:
    """Return a script that starts Docker, pulls the image, and runs a container once.

    The container is for what it leaves in memory: an emulated machine is slow to read it.
    """
    password = shlex.quote(registry_password(ACCOUNT_ID))
    registry = image.partition("/")[0]
    return f"""#!/bin/bash
set -eux
export HOME=/root
systemctl start docker.service
echo {password} | docker login --username {ECR_USER} --password-stdin {registry}
docker pull {image}
docker logout {registry}
docker run --rm --network=none --entrypoint={closure.INTERPRETER} {image} -c pass
echo {READY} >/dev/console
"""
