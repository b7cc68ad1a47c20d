"""One read of a piece, to its end and with a second try; and what came of many."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.resources.hydration.latencies import Latencies
from ladybug_agent.resources.hydration.pieces import Piece

log = structlog.get_logger(__name__)

ReadAt = Callable[[int, list[memoryview], int], int]
"""preadv(2): of a descriptor, into buffers, at an offset; returns how many bytes came."""


@dataclass(slots=True)
class Tally:
    """What has been read so far."""

    bytes: int = 0
    pieces: int = 0
    retried: int = 0
    """Reads that failed once and then did not."""
    held_up: int = 0
    """Times that the token bucket held a read back."""
    latencies: Latencies = field(default_factory=Latencies)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFailure:
    """A piece that could not be read, twice."""

    piece: Piece
    at: int
    """Where in the file, or on the device."""
    error: OSError


def read_piece(
    piece: Piece, buffer: memoryview, read_at: ReadAt
) -> tuple[ReadFailure | None, bool]:
    """Read the piece to its end, a place that fails twice; tell whether one had to be."""
    done = 0
    failed_at: int | None = None
    while done < piece.length:
        try:
            done += _read_some(piece, done, buffer, read_at)
        except OSError as error:
            if failed_at == done:
                return ReadFailure(piece=piece, at=piece.offset + done, error=error), True
            failed_at = done
            log.warning("read_failed_once", offset=piece.offset + done, error=_name(error))
    return None, failed_at is not None


def stall(count: int, silent_s: float) -> ExternalFailure:
    """Return the failure of a volume that has answered none of so many reads for so long."""
    return ExternalFailure(
        "hydration_stalled",
        f"{count} reads of the volume are under way, and none has ended for {silent_s:.0f} s",
        hint="is I/O enabled on the volume? `aws ec2 describe-volume-status`; look in `dmesg`,"
        " then replace the instance",
    )


def _read_some(piece: Piece, done: int, buffer: memoryview, read_at: ReadAt) -> int:
    count = read_at(piece.handle, [buffer[done : piece.length]], piece.offset + done)
    if not count:
        # So does a disk that was detached: the kernel sets its size to nothing.
        raise OSError(errno.EIO, "it ends there")
    return count


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error))
