"""One instance from its launch to its end: a machine in its stack, and what is left of it."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ladybug_lab.plan import Plan
from vm import lan
from vm.hardware import Hardware, Volume
from vm.machine import Machine, machine_directory, overlay
from vm.parts import Parts
from vm.surroundings import PLAN, Surroundings, await_, surroundings

BOOT = "ladybug-bootstrap.service"
RECORD = "/run/ladybug-agent/bootstrap.json"
BOOT_S = 240.0
REGISTERED_S = 480.0
QUERY_S = 60.0
AGENT = "/usr/bin/ladybug-agent"


@dataclass(slots=True, kw_only=True)
class Instance:
    """The stack and the disks outlive a power cut; `machine` is the one that is on."""

    stack: Surroundings
    parts: Parts
    directory: Path
    root: Path
    volume: Volume
    machine: Machine | None = None

    @property
    def on(self) -> Machine:
        assert self.machine is not None, "the machine is off"
        return self.machine

    def power_on(self, *volumes: Volume | None, **hardware: Any) -> Machine:
        """Switch it on, with these volumes in its slots; just the data volume if none is named."""
        made = Hardware(
            image=self.parts.image, root=self.root, volumes=volumes or (self.volume,), **hardware
        )
        self.machine = Machine(made, self.directory)
        return self.machine

    def cut_power(self) -> None:
        self.on.power_off()
        self.machine = None

    def await_registered(self, *, within_s: float = REGISTERED_S) -> dict[str, Any]:
        """Wait for a healthy row; give up where somebody was told of a failure."""
        return await_(
            "a healthy row in the registry",
            lambda: row if (row := self.stack.row()).get("status") == "healthy" else {},
            within_s=within_s,
            unless=self._failure,
        )

    def await_up(self) -> None:
        self.on.guest.await_up(within_s=BOOT_S)

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.on.guest.read(RECORD))
        return found

    def show(self, unit: str, name: str) -> str:
        script = f"systemctl show --value --property={name} {unit}"
        return self.on.guest.shell(script).strip()

    def agent(self, *arguments: str, within_s: float = 120.0) -> Any:
        """Run a verb of the agent in the guest and return the JSON that it prints."""
        done = self.on.guest.run(AGENT, *arguments, "--format", "json", within_s=within_s)
        assert done.output, done
        return json.loads(done.output)

    def ask_service(self, path: str, body: object) -> Any:
        """Ask the replica a question from outside, as a client of the fleet does."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", lan.SERVICE_FROM_OUTSIDE, timeout=QUERY_S
        )
        try:
            connection.request(
                "POST", path, json.dumps(body), {"Content-Type": "application/json"}
            )
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _failure(self) -> str:
        self.on.require_on()
        bad = [one for one in self.stack.signalled() if one == "FAILURE"]
        bad += [one for one in self.stack.completed() if one == "ABANDON"]
        return f"the boot failed: {self.on.shown()[-1500:]}" if bad else ""


@contextmanager
def launched(
    shared: Parts, directory: Path, logs: Path, *, plan: Plan = PLAN
) -> Iterator[Instance]:
    """Launch an instance, still off; at the end keep what its console said in `logs`."""
    with surroundings(shared.depot, shared.bundle, plan=plan) as stack, machine_directory() as run:
        volume_id = stack.provisioned.volume_id
        instance = Instance(
            stack=stack,
            parts=shared,
            directory=run,
            root=overlay(shared.image.disk, directory / "root.qcow2"),
            volume=Volume(
                volume_id=volume_id,
                image=overlay(shared.master, directory / f"{volume_id}.qcow2"),
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
