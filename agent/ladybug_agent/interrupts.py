"""SIGTERM, SIGINT and SIGHUP end every wait, so that a boot that is told to stop ends in order."""

from __future__ import annotations

import signal
import socket
import threading

from ladybug_agent.clock import Deadline

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def cancel_on_signals(deadline: Deadline) -> None:
    """Cancel the deadline when the process is told to stop; returns at once.

    The handler itself does nothing: setting an Event in a handler deadlocks if the signal comes
    while the main thread waits for that very Event. The interpreter writes the signal's number to
    a socket (signal.set_wakeup_fd), and a thread that reads it cancels.
    """
    reader, writer = socket.socketpair()
    writer.settimeout(0)  # set_wakeup_fd wants one that never blocks
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in STOPPING:
        signal.signal(number, _do_nothing)

    # The thread holds both ends: they stay open as long as the process lives.
    thread = threading.Thread(
        target=_cancel, args=(reader, writer, deadline), name="interrupts", daemon=True
    )
    thread.start()


def _cancel(reader: socket.socket, _writer: socket.socket, deadline: Deadline) -> None:
    while reader.recv(1):
        deadline.cancel()


def _do_nothing(_number: int, _frame: object) -> None:
    """Be a handler: without one, the signal would end the process."""
