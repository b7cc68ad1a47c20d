"""The kernel's own messages: `/dev/kmsg`, one record a read (dev-kmsg, kernel ABI docs)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

RECORD_BYTES = 8192


class KmsgKernelLog:
    """Says nothing where the log cannot be read: it only ever adds to an error's text."""

    def __init__(self, path: Path = Path("/dev/kmsg")) -> None:
        self._path = path

    @contextmanager
    def follow(self) -> Iterator[Callable[[], tuple[str, ...]]]:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            log.debug("kernel_log_not_read", path=str(self._path), error=str(error))
            yield lambda: ()
            return
        try:
            with suppress(OSError):  # a console in its place has no end to go to
                os.lseek(handle, 0, os.SEEK_END)
            yield lambda: tuple(_messages(handle))
        finally:
            os.close(handle)


def _messages(handle: int) -> Iterator[str]:
    """Yield what has been written since the last read."""
    while True:
        try:
            data = os.read(handle, RECORD_BYTES)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the next record was overwritten: go on after the gap
                continue
            return  # EAGAIN: there is no more
        if not data:
            return
        yield parse_record(data.decode(errors="replace"))


def parse_record(text: str) -> str:
    """Return the message of one record, without its number, time and key-value lines.

    >>> parse_record("6,1742,11026920317,-;XFS (nvme1n1): Ending clean mount\\n SUBSYSTEM=block\\n")
    'XFS (nvme1n1): Ending clean mount'
    """
    return text.partition(";")[2].partition("\n")[0]
