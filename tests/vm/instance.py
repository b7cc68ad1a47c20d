"""One instance from its launch to its end: a machine in its stack, and what is left of it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vm import lan
from vm.guest_agent import Done
from vm.hardware import Hardware, RootBus, Volume
from vm.machine import Machine, overlay
from vm.parts import Parts
from vm.surroundings import Surroundings, await_

BOOT = "ladybug-bootstrap.service"
INSTANCE_ID = "/var/lib/cloud/data/instance-id"
USER_DATA = "/var/lib/cloud/instance/scripts/part-001"
USER_DATA_S = 300.0
RECORD = "/run/ladybug-agent/bootstrap.json"
BOOT_S = 600.0
REGISTERED_S = 1200.0
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
    memory: Path | None = None
    """Of a machine that is resumed."""
    machine: Machine | None = None

    @property
    def on(self) -> Machine:
        assert self.machine is not None, "the machine is off"
        return self.machine

    def power_on(self, *volumes: Volume | None, root_bus: RootBus = "nvme") -> Machine:
        """Switch it on, with these volumes in its slots; just the data volume if none is named."""
        made = Hardware(
            image=self.parts.image,
            root=self.root,
            volumes=volumes or (self.volume,),
            root_bus=root_bus,
        )
        self.machine = Machine(made, self.directory)
        return self.machine

    def resume(self) -> Machine:
        """Go on with the machine that idles; its slots are empty."""
        hardware = Hardware(image=self.parts.image, root=self.root, root_bus="virtio")
        self.machine = Machine(hardware, self.directory, resume=self.memory)
        self.machine.await_running()
        self.await_up()
        self.on.guest.set_clock()
        self.on.guest.write(INSTANCE_ID, f"{self.stack.provisioned.instance_id}\n")
        return self.machine

    def run_user_data(self, *, within_s: float = USER_DATA_S) -> Done:
        """Run it as cloud-init does, in the foreground."""
        text = self.stack.imds.facts.user_data or ""
        self.on.guest.write(USER_DATA, text, mode="700")
        return self.on.guest.run(USER_DATA, within_s=within_s)

    def plug(self, volume: Volume | None = None, *, slot: int = 0) -> None:
        """Attach a volume to the running machine: the data volume if none is named."""
        self.on.plug(volume or self.volume, slot=slot)

    def twin(self, volume_id: str) -> Volume:
        """Return another volume of the same snapshot."""
        image = self.root.with_name(f"{volume_id}.qcow2")
        return Volume(volume_id=volume_id, image=overlay(self.parts.master, "raw", image))

    def make_volume_of(self, snapshot: Path) -> None:
        """Let the data volume be one of another snapshot: a raw image."""
        self.volume.image.unlink()
        overlay(snapshot, "raw", self.volume.image)

    def cut_power(self) -> None:
        self.on.power_off()
        self.machine = None

    def await_registered(
        self, *, within_s: float = REGISTERED_S, since: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Wait for a healthy row of another boot than that of `since`.

        Gives up where somebody was told of a failure.
        """

        def look() -> dict[str, Any]:
            row = self.stack.row()
            is_new = since is None or row.get("boot_id") != since["boot_id"]
            return row if row.get("status") == "healthy" and is_new else {}

        return await_("a healthy row", look, within_s=within_s, unless=self._failure)

    def reboot(self, *, within_s: float) -> None:
        """Have systemd reboot, and wait until the new kernel has started."""
        guest, was = self.on.guest, self.boot_id()
        self.on.begins_anew()
        guest.shell("systemctl reboot --no-block")
        self.on.await_console(r"Welcome to", within_s=within_s)
        self.await_up()
        assert self.boot_id() != was

    def boot_id(self) -> str:
        return self.on.guest.read("/proc/sys/kernel/random/boot_id").strip()

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
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _failure(self) -> str:
        self.on.require_on()
        bad = [one for one in self.stack.signalled() if one == "FAILURE"]
        bad += [one for one in self.stack.completed() if one == "ABANDON"]
        return f"the boot failed: {self.on.shown()[-1500:]}" if bad else ""
