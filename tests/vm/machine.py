"""A machine that is on: power, console, slots, and a look inside."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ladybug_lab.shell import last_lines, run
from vm.channel import VmError
from vm.guest_agent import GuestAgent
from vm.hardware import Hardware, Volume
from vm.monitor import Monitor

END_S = 20.0
RESUME_S = 60.0
# A test run that is killed takes its machine with it: setpriv(1).
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")
LOADED = {"running", "paused", "postmigrate"}
POLL_S = 0.2


class Machine:
    """One run of QEMU, from power on to power off; its sockets and its console's log are kept
    in `directory`."""

    def __init__(self, hardware: Hardware, directory: Path, *, resume: Path | None = None) -> None:
        self.hardware = hardware
        self.directory = directory
        for name in ("qmp", "agent"):
            (directory / name).unlink(missing_ok=True)
        self._console_begins = len(self.console())
        self._log = (directory / "qemu.log").open("ab")
        self._process = subprocess.Popen(
            [*ENDS_WITH_US, *hardware.command(directory, resume=resume)],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        self.started = time.monotonic()
        self.guest = GuestAgent(directory / "agent")
        try:
            self.monitor = Monitor(directory / "qmp")
        except VmError as error:
            self.power_off()
            told = f"QEMU: {last_lines((directory / 'qemu.log').read_text(errors='replace'))}"
            raise VmError(told) from error

    def console(self) -> str:
        """Return all that the serial console of this directory's machines has shown."""
        path = self.directory / "console.log"
        return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""

    def shown(self) -> str:
        """Return what the console has shown since the power came."""
        return self.console()[self._console_begins :]

    def await_console(self, pattern: str, *, within_s: float) -> re.Match[str]:
        give_up = time.monotonic() + within_s
        while (found := re.search(pattern, self.shown(), re.MULTILINE)) is None:
            self.require_on()
            if time.monotonic() > give_up:
                shown = last_lines(self.shown())
                told = f"no {pattern!r} on the console within {within_s:g} s:\n{shown}"
                raise VmError(told)
            time.sleep(POLL_S)
        return found

    def await_running(self) -> None:
        """Wait until the memory is loaded, and let the machine go on."""
        give_up = time.monotonic() + RESUME_S
        while self.monitor.ask("query-status")["status"] not in LOADED:
            self.require_on()
            if time.monotonic() > give_up:
                told = f"the machine's memory was not loaded within {RESUME_S:g} s"
                raise VmError(told)
            time.sleep(POLL_S)
        self.monitor.ask("cont")

    def require_on(self) -> None:
        if self._process.poll() is not None:
            told = f"QEMU ended with status {self._process.returncode}"
            raise VmError(told)

    def age_s(self) -> float:
        """Return the seconds since the power came, or since the last reboot."""
        return time.monotonic() - self.started

    def cpu_s(self) -> float:
        """Return the CPU seconds that QEMU has taken, all of its threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def plug(self, volume: Volume, *, slot: int) -> None:
        """Attach a volume to the running machine."""
        node = f"plugged{slot}"
        file = {"driver": "file", "filename": str(volume.image)}
        self.monitor.ask("blockdev-add", driver="qcow2", **{"node-name": node, "file": file})
        self.monitor.ask(
            "device_add", driver="nvme", drive=node, serial=volume.serial, bus=f"slot{slot}",
            id=f"in-slot{slot}",
        )  # fmt: skip

    def unplug(self, *, slot: int) -> None:
        """Ask the guest to let a plugged volume go, as a detachment does."""
        self.monitor.ask("device_del", id=f"in-slot{slot}")

    def begins_anew(self) -> None:
        """Count from here: the machine reboots."""
        self._console_begins = len(self.console())
        self.started = time.monotonic()

    def press_reset(self) -> None:
        """Cut the power for a moment: nothing is told, what was not written is lost."""
        self.begins_anew()
        self.monitor.ask("system_reset")

    def await_off(self, *, within_s: float) -> None:
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired as error:
            told = f"the machine was still on after {within_s:g} s:\n{last_lines(self.shown())}"
            raise VmError(told) from error

    def power_off(self) -> None:
        """Cut the power for good."""
        with suppress(AttributeError):
            self.monitor.close()
        self._process.kill()
        self._process.wait(END_S)
        self._log.close()


@contextmanager
def powered_on(
    hardware: Hardware, directory: Path, *, resume: Path | None = None
) -> Iterator[Machine]:
    machine = Machine(hardware, directory, resume=resume)
    try:
        yield machine
    finally:
        machine.power_off()


@contextmanager
def machine_directory() -> Iterator[Path]:
    """Make a directory whose name leaves room for a socket's."""
    path = Path(tempfile.mkdtemp(prefix="vm-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def overlay(base: Path, base_format: str, target: Path) -> Path:
    """Make a disk that reads from `base` what was not written to it."""
    argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", base_format]
    run([*argv, "-b", str(base), str(target)], timeout_s=30.0)
    return target
