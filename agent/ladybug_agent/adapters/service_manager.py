"""Telling systemd how a service is: sd_notify(3), without its library."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


class SystemdNotify:
    """Sends datagrams to the socket in `NOTIFY_SOCKET`; without one, nobody is there to be told."""

    def __init__(self, address: str) -> None:
        # A leading @ stands for the NUL of Linux's abstract namespace (unix(7)).
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    @classmethod
    def of_environment(cls) -> SystemdNotify:
        return cls(os.environ.get("NOTIFY_SOCKET", ""))

    def tell(self, *assignments: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto("\n".join(assignments).encode(), self._address)
