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

    def since(self, sequence: int) -> tuple[tuple[str, ...], int]:
        """Return the messages after record `sequence`, and the number of the last record.

        -1 asks for none of the old ones. Raises OSError where the log cannot be read.
        """
        last, found = sequence, []
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for record in _records(handle):
                number = _number(record)
                if number > sequence >= 0:
                    found.append(parse_record(record.decode(errors="replace")))
                last = max(last, number)
        finally:
            os.close(handle)
        return tuple(found), last


def _messages(handle: int) -> Iterator[str]:
    """Yield what has been written since the last read."""
    for record in _records(handle):
        yield parse_record(record.decode(errors="replace"))


def _records(handle: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(handle, RECORD_BYTES)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the next record was overwritten: go on after the gap
                continue
            return  # EAGAIN: there is no more
        if not data:
            return
        yield data


def _number(record: bytes) -> int:
    """Return the sequence number of a record; -1 for what is none.

    >>> _number(b"6,1742,11026920317,-;text")
    1742
    """
    _, _, rest = record.partition(b",")
    number = rest.partition(b",")[0]
    return int(number) if number.isdigit() else -1


def parse_record(text: str) -> str:
    """Return the message of one record, without its number, time and key-value lines.

    >>> parse_record("6,1742,11026920317,-;XFS (nvme1n1): Ending clean mount\\n SUBSYSTEM=block\\n")
    'XFS (nvme1n1): Ending clean mount'
    """
    return text.partition(";")[2].partition("\n")[0]
