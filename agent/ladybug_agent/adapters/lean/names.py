"""Host names to addresses, within a time: getaddrinfo(3) itself knows no limit."""

from __future__ import annotations

import socket
import threading


def resolve(host: str, port: int, limit_s: float) -> tuple[str, int]:
    """Return an address to connect to. Raises OSError; TimeoutError when the time is up.

    A resolver that does not answer cannot be cancelled: its thread is left behind.
    """
    if _is_numeric(host):
        return host, port
    found: list[tuple[str, int]] = []
    failures: list[OSError] = []

    def ask() -> None:
        try:
            first = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            found.append((str(first[4][0]), port))
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=ask, name="resolver", daemon=True)
    thread.start()
    thread.join(limit_s)
    if failures:
        raise failures[0]
    if not found:
        raise TimeoutError(f"the name {host} was not resolved in {limit_s:g} s")
    return found[0]


def _is_numeric(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False
