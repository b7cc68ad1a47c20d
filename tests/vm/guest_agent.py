"""Looking into the guest without its network: programs and files by QEMU's guest agent."""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vm.channel import Channel, VmError

ANSWER_S = 60.0
SYNC_S = 4.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A program that ran in the guest to its end."""

    status: int
    output: str
    errors: str


class GuestAgent:
    """Each call opens the channel anew, so that none sees an answer that came too late before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers: Iterator[int] = itertools.count(1)

    def await_up(self, *, within_s: float) -> None:
        give_up = time.monotonic() + within_s
        while not self.is_up():
            if time.monotonic() > give_up:
                told = f"the guest agent did not answer within {within_s:g} s"
                raise VmError(told)

    def is_up(self) -> bool:
        try:
            self._synchronised(SYNC_S).close()
        except (OSError, VmError, ValueError):
            return False
        return True

    def run(self, *argv: str, within_s: float = 120.0) -> Done:
        """Run a program, in the environment of the guest's services, and wait for its end."""
        started = self._ask(
            "guest-exec", path=argv[0], arg=list(argv[1:]), **{"capture-output": True}
        )
        give_up = time.monotonic() + within_s
        while not (found := self._ask("guest-exec-status", pid=started["pid"]))["exited"]:
            if time.monotonic() > give_up:
                told = f"{argv} did not end within {within_s:g} s"
                raise VmError(told)
            time.sleep(POLL_S)
        return Done(
            status=found.get("exitcode", -1),
            output=_text(found.get("out-data", "")),
            errors=_text(found.get("err-data", "")),
        )

    def read(self, path: str) -> str:
        """Return a file's text; empty if there is none."""
        return self.run("/bin/cat", path).output

    def write(self, path: str, text: str, *, mode: str = "644") -> None:
        encoded = base64.b64encode(text.encode()).decode()
        self.shell(
            f"mkdir -p $(dirname {path}); echo {encoded} | base64 -d >{path}; chmod {mode} {path}"
        )

    def shell(self, script: str, *, within_s: float = 120.0) -> str:
        """Run a script and return what it printed; it has to succeed."""
        done = self.run("/bin/bash", "-c", script, within_s=within_s)
        if done.status:
            told = f"{script!r} ended with status {done.status}: {done.output}{done.errors}"
            raise VmError(told)
        return done.output

    def set_clock(self) -> None:
        """Set the guest's clock to the host's: that of a machine whose memory was saved stood."""
        self._ask("guest-set-time", time=time.time_ns())

    def _ask(self, command: str, **arguments: object) -> Any:
        channel = self._synchronised(ANSWER_S)
        with channel:
            channel.send({"execute": command, "arguments": arguments})
            message = channel.receive()
        if "error" in message:
            told = f"the guest agent refused {command}: {message['error']['desc']}"
            raise VmError(told)
        return message["return"]

    def _synchronised(self, timeout_s: float) -> Channel:
        """Return a channel on which the next answer is that to the next question."""
        number = next(self._numbers)
        channel = Channel(self._path, timeout_s=timeout_s)
        try:
            sync = {"execute": "guest-sync-delimited", "arguments": {"id": number}}
            channel.send(sync, after=b"\xff")
            while channel.receive().get("return") != number:
                pass
        except BaseException:
            channel.close()
            raise
        return channel


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")
