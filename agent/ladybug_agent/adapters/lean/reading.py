"""Read one HTTP/1.1 answer from a socket, each read within what is left of the time."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from ladybug_agent.clock import Clock

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024


class GarbledReplyError(Exception):
    """What came is no HTTP answer, or was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Stream:
    """Bytes from the connection, each read within what is left of the time."""

    def __init__(self, connection: socket.socket, give_up: float, clock: Clock) -> None:
        self._connection = connection
        self._give_up = give_up
        self._clock = clock
        self._held = b""

    def more(self) -> bytes:
        """Return what has come, at least one byte; nothing at the end."""
        if held := self._held:
            self._held = b""
            return held
        set_remaining(self._connection, self._give_up, self._clock)
        return self._connection.recv(CHUNK_BYTES)

    def until(self, mark: bytes, most: int) -> bytes:
        """Return what comes before the mark, and take the mark away."""
        found = b""
        while mark not in found:
            part = self.more() if len(found) <= most else b""
            if not part:
                raise GarbledReplyError("the answer was cut off, or has no end to its headers")
            found += part
        text, _, self._held = found.partition(mark)
        return text

    def exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self.more()
            if not part:
                raise GarbledReplyError(f"the body has {len(found)} of {count} bytes")
            found += part
        self._held = found[count:]
        return found[:count]

    def rest(self, most: int) -> bytes:
        found = b""
        while len(found) < most and (part := self.more()):
            found += part
        return found[:most]


def read_reply(stream: Stream, most: int) -> Reply:
    status, headers = _head(stream)
    while status // 100 == 1:  # such as 100 Continue
        status, headers = _head(stream)
    try:
        body = _body(stream, headers, most)
    except ValueError as error:
        raise GarbledReplyError("the length of the body is no number") from error
    return Reply(status=status, headers=headers, body=body)


def _head(stream: Stream) -> tuple[int, dict[str, str]]:
    first, *lines = stream.until(b"\r\n\r\n", HEAD_BYTES).decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
        raise GarbledReplyError(f"the answer begins with {first[:40]!r}")
    pairs = (line.partition(":") for line in lines)
    return int(rest[:3]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _body(stream: Stream, headers: Mapping[str, str], most: int) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(stream, most)
    if length := headers.get("content-length"):
        return stream.exactly(min(int(length), most))
    return stream.rest(most)


def _chunks(stream: Stream, most: int) -> bytes:
    found = b""
    while len(found) < most:
        size = int(stream.until(b"\r\n", HEAD_BYTES).partition(b";")[0], 16)
        if size == 0:
            break
        found += stream.exactly(min(size, most))
        stream.exactly(2)
    return found[:most]


def set_remaining(connection: socket.socket, give_up: float, clock: Clock) -> None:
    """Let the next call on the connection take what is left. Raises TimeoutError if nothing is."""
    left_s = give_up - clock.monotonic()
    if left_s <= 0:
        raise TimeoutError("the answer took too long")
    connection.settimeout(left_s)
