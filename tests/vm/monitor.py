"""QEMU's monitor (QMP): what is done to the machine from outside, as its owner could."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from vm.channel import Channel, VmError

ANSWER_S = 30.0
SAVE_S = 120.0


class Monitor:
    def __init__(self, path: Path) -> None:
        self._channel = Channel(path, timeout_s=ANSWER_S)
        self._channel.receive()  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> Any:
        """Return the answer; events that come meanwhile are nobody's business here."""
        self._channel.send({"execute": command, "arguments": arguments})
        while True:
            message = self._channel.receive()
            if "error" in message:
                told = f"QEMU refused {command}: {message['error']['desc']}"
                raise VmError(told)
            if "return" in message:
                return message["return"]

    def save_memory(self, target: Path) -> None:
        """Stop the machine and write its memory and devices to a file."""
        self.ask("stop")
        self.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 33})
        self.ask("migrate", uri=f"exec:cat > {target}")
        give_up = time.monotonic() + SAVE_S
        while (status := self.ask("query-migrate").get("status")) != "completed":
            if status == "failed" or time.monotonic() > give_up:
                told = f"the state of the machine was not saved: {status}"
                raise VmError(told)
            time.sleep(0.1)

    def close(self) -> None:
        self._channel.close()
