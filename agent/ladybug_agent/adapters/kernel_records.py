"""Records of the kernel's log by their numbers: for who comes again and wants what is new."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ladybug_agent.model import KernelLine

KMSG = Path("/dev/kmsg")
RECORD_BYTES = 8192


class KernelRecords:
    def __init__(self, path: Path = KMSG) -> None:
        self._path = path

    def since(self, sequence: int) -> tuple[tuple[str, ...], int]:
        """Return the messages after record `sequence`, and the number of the last record.

        -1 asks for none of the old ones. Raises OSError where the log cannot be read.
        """
        last, found = sequence, []
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for record in records(handle):
                number = _number(record)
                if number > sequence >= 0:
                    found.append(parse_record(record.decode(errors="replace")))
                last = max(last, number)
        finally:
            os.close(handle)
        return tuple(found), last

    def lines(self) -> tuple[KernelLine, ...]:
        """Return what the kernel still has, oldest first. Raises OSError if it cannot be read."""
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return tuple(parse_line(one.decode(errors="replace")) for one in records(handle))
        finally:
            os.close(handle)


def records(handle: int) -> Iterator[bytes]:
    """Yield the records that are there and have not been read by this handle."""
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


def parse_line(text: str) -> KernelLine:
    """Return message and time of one record; 0 for a time that is no number.

    >>> parse_line("6,1742,11026920317,-;XFS (nvme1n1): Ending clean mount")
    KernelLine(at_s=11026.920317, text='XFS (nvme1n1): Ending clean mount')
    """
    micros = [*text.partition(";")[0].split(","), "", "", ""][2]
    return KernelLine(
        at_s=int(micros) / 1e6 if micros.isdecimal() else 0.0, text=parse_record(text)
    )


def parse_record(text: str) -> str:
    """Return the message of one record, without its number, time and key-value lines.

    >>> parse_record("6,1742,11026920317,-;XFS (nvme1n1): Ending clean mount\\n SUBSYSTEM=block\\n")
    'XFS (nvme1n1): Ending clean mount'
    """
    return text.partition(";")[2].partition("\n")[0]
