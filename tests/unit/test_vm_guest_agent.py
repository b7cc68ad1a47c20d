"""The guest agent's protocol, spoken by a few lines in its place."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from vm.channel import VmError
from vm.guest_agent import GuestAgent

Answer = Callable[[str, dict[str, Any]], object]
STALE = b'{"return": {"pid": 99}}\n'
"""An answer that came too late for whoever asked before."""


class FakeAgent:
    """Answers commands; each connection begins with what was left over from the one before."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.answer = answer
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as lines:
                lines.write(STALE)
                for line in lines:
                    message = json.loads(line.lstrip(b"\xff"))
                    lines.write(self._reply(message))
                    lines.flush()

    def _reply(self, message: dict[str, Any]) -> bytes:
        arguments = message.get("arguments", {})
        if message["execute"] == "guest-sync-delimited":
            return b"\xff" + json.dumps({"return": arguments["id"]}).encode() + b"\n"
        found = self.answer(message["execute"], arguments)
        return json.dumps(found).encode() + b"\n"

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


def executes(command: str, arguments: dict[str, Any]) -> object:
    if command == "guest-exec":
        return {"return": {"pid": 7}}
    assert (command, arguments) == ("guest-exec-status", {"pid": 7})
    output = base64.b64encode(b"one\n").decode()
    return {"return": {"exited": True, "exitcode": 3, "out-data": output}}


@pytest.fixture
def speak(tmp_path: Path) -> Iterator[Callable[[Answer], GuestAgent]]:
    started: list[FakeAgent] = []

    def start(answer: Answer) -> GuestAgent:
        started.append(FakeAgent(tmp_path / "agent", answer))
        return GuestAgent(tmp_path / "agent")

    yield start
    for agent in started:
        agent.stop()


def test_a_program_s_end_is_told_past_an_answer_that_came_too_late(
    speak: Callable[[Answer], GuestAgent],
) -> None:
    done = speak(executes).run("/bin/true")
    assert (done.status, done.output, done.errors) == (3, "one\n", "")


def test_a_script_that_fails_is_an_error_with_its_output(
    speak: Callable[[Answer], GuestAgent],
) -> None:
    with pytest.raises(VmError, match=r"'exit 3' ended with status 3: one"):
        speak(executes).shell("exit 3")


def test_a_refusal_is_told_in_the_agent_s_words(speak: Callable[[Answer], GuestAgent]) -> None:
    refusing = speak(lambda *_: {"error": {"desc": "no such file"}})
    with pytest.raises(VmError, match="the guest agent refused guest-exec: no such file"):
        refusing.run("/nothing")
