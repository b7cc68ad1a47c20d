"""Launching an instance: its stack, its disks, and at the end what it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ladybug_lab.plan import Plan
from vm.hardware import Volume
from vm.instance import RECORD, Instance
from vm.machine import machine_directory, overlay
from vm.parts import Parts
from vm.prepared_image import PreparedImage
from vm.surroundings import PLAN, surroundings

Origin = Literal["base", "prepared", "idle"]
"""The base system as launched; a machine image with nothing to fetch; a machine of that image,
booted, Docker running, whose user data is still to be run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launching:
    """What an instance is launched of."""

    origin: Origin = "base"
    prepared: PreparedImage | None = None
    plan: Plan = PLAN

    def base(self, shared: Parts) -> tuple[Path, str]:
        """Return the disk that is read, and its format."""
        if self.prepared is None:
            return shared.image.disk, "raw"
        if self.origin == "idle":
            return self.prepared.idle_disk, "qcow2"
        return self.prepared.disk, "raw"

    def memory(self) -> Path | None:
        return self.prepared.idle_memory if self.prepared and self.origin == "idle" else None


@contextmanager
def launched(shared: Parts, directory: Path, logs: Path, settings: Launching) -> Iterator[Instance]:
    """Launch an instance, still off; at the end keep what its console said in `logs`."""
    plan = settings.plan
    with surroundings(shared.depot, shared.bundle, plan=plan) as stack, machine_directory() as run:
        volume_id = stack.provisioned.volume_id
        instance = Instance(
            stack=stack,
            parts=shared,
            directory=run,
            root=overlay(*settings.base(shared), directory / "root.qcow2"),
            memory=settings.memory(),
            volume=Volume(
                volume_id=volume_id,
                image=overlay(shared.master, "raw", directory / f"{volume_id}.qcow2"),
            ),
        )
        try:
            yield instance
        finally:
            keep_story(instance, logs)
            if instance.machine is not None:
                instance.cut_power()


def keep_story(instance: Instance, logs: Path) -> None:
    """Keep the console, and the journal if the machine is on and lets us look."""
    console = instance.directory / "console.log"
    if console.exists():
        shutil.copy(console, logs / "console.log")
    if instance.machine is None or not instance.machine.guest.is_up():
        return
    guest = instance.machine.guest
    units = guest.run("/bin/journalctl", "--no-pager", "--boot", "--unit=ladybug-*")
    (logs / "journal.txt").write_text(units.output, encoding="utf-8")
    for name, path in KEPT_FILES.items():
        (logs / name).write_text(guest.read(path), encoding="utf-8")


KEPT_FILES = {
    "install.log": "/var/log/ladybug-agent-install.log",
    "cloud-init.log": "/var/log/cloud-init.log",
    "bootstrap.json": RECORD,
}
