"""One HTTP/1.1 exchange over a socket, with one limit for all of it.

Never through a proxy, never following a redirect. The limit holds against a server that sends a
byte now and then: it is looked at before every read, of the headers as of the body.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ladybug_agent.adapters.lean.names import resolve
from ladybug_agent.adapters.lean.reading import Reply, Stream, read_reply, set_remaining
from ladybug_agent.clock import Clock

BODY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: a Unix socket by its path, or a host, with or without TLS."""

    host: str = "localhost"
    port: int = 0
    path: str = ""
    tls: bool = False

    @property
    def authority(self) -> str:
        """What goes into the `Host` header: without the port where it is the scheme's own."""
        usual = 443 if self.tls else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in {0, usual} else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connect_s: float
    total_s: float
    body_bytes: int = BODY_BYTES
    """The body is cut there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request; `Host`, `Connection` and `Content-Length` are added to the headers."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def parse_url(url: str) -> tuple[Address, str]:
    """Split a URL into where to connect and what to ask for there.

    >>> parse_url("http://[fd00:ec2::254]/latest/")
    (Address(host='fd00:ec2::254', port=80, path='', tls=False), '/latest/')
    """
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority, ""
    tls = scheme == "https"
    number = int(port) if port else (443 if tls else 80)
    return Address(host=host.strip("[]"), port=number, tls=tls), f"{slash}{path}" or "/"


def exchange(address: Address, ask: Ask, limits: Limits, clock: Clock) -> Reply:
    """Send one request and return the answer, on a connection of its own.

    Blocks for at most `limits.total_s`. Raises OSError (TimeoutError when the time is up) or
    GarbledReplyError.
    """
    give_up = clock.monotonic() + limits.total_s
    with _connected(address, limits) as connection:
        set_remaining(connection, give_up, clock)
        connection.sendall(_serialized(address, ask))
        return read_reply(Stream(connection, give_up, clock), limits.body_bytes)


@contextmanager
def _connected(address: Address, limits: Limits) -> Iterator[socket.socket]:
    if address.path:
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        plain.settimeout(limits.connect_s)
    else:
        place = resolve(address.host, address.port, limits.connect_s)
        plain = socket.create_connection(place, limits.connect_s)
    with plain:
        if address.path:
            plain.connect(address.path)
        if not address.tls:
            yield plain
            return
        from ladybug_agent.adapters.lean.tls import client_context  # noqa: PLC0415 - 30 ms

        with client_context().wrap_socket(plain, server_hostname=address.host) as secure:
            yield secure


def _serialized(address: Address, ask: Ask) -> bytes:
    lines = [f"{ask.method} {ask.path} HTTP/1.1", f"Host: {address.authority}"]
    lines += [f"{name}: {value}" for name, value in ask.headers.items()]
    lines.append("Connection: close")
    if ask.body or ask.method != "GET":
        lines.append(f"Content-Length: {len(ask.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + ask.body
