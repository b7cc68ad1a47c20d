"""Telling systemd how a service is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ladybug_agent.adapters.service_manager import SystemdNotify


def hear(address: str) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(address)
    ear.settimeout(5)
    return ear


def test_assignments_come_in_one_datagram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with hear(address) as ear:
        SystemdNotify.of_environment().tell("READY=1", "STATUS=watching")
        assert ear.recv(4096) == b"READY=1\nSTATUS=watching"


def test_the_socket_may_have_no_file() -> None:
    with hear("\0ladybug-test-notify") as ear:
        SystemdNotify("@ladybug-test-notify").tell("WATCHDOG=1")
        assert ear.recv(4096) == b"WATCHDOG=1"


def test_nobody_may_be_there_to_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    SystemdNotify.of_environment().tell("READY=1")
    SystemdNotify(str(tmp_path / "gone")).tell("READY=1")
