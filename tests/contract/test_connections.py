"""Open connections, as the kernel has them."""

from __future__ import annotations

import os
import socket

import pytest

from ladybug_agent.adapters.connections import ProcConnections


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_each_open_connection_to_the_port_counts_once(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    count = ProcConnections().established
    with socket.socket(family) as listening:
        listening.bind((host, 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert count(os.getpid(), port) == 0
        with socket.create_connection((host, port)):
            accepted, _ = listening.accept()
            with accepted:
                assert count(os.getpid(), port) == 1
    assert count(os.getpid(), port) == 0


def test_a_process_that_has_gone_has_none() -> None:
    assert ProcConnections().established(2**22 + 1, 8001) == 0
