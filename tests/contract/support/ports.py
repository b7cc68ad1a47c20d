"""Loopback ports at which things go wrong before a word is said."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress


def closed_port() -> int:
    """Return a port that refuses connections."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def silent_port() -> Iterator[int]:
    """A port where a connection is neither accepted nor refused, as behind a dropping firewall.

    The queue of connections is full, and Linux then drops the next SYN (listen(2)).
    """
    with ExitStack() as stack:
        server = stack.enter_context(closing(socket.socket()))
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.settimeout(0)
            with suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", port))
        yield port
