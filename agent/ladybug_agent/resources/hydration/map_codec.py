"""The hot map as bytes: small, checksummed, and parsed as input from a stranger.

Layout: magic `LBHM`, version (1 byte), CRC-32 of the rest (4), then zlib of: a fixed header (UUID,
pages of the file, time of the last write, number of recordings), the snapshot's id, and for each of
the two tiers the number of runs and, run by run, the gap to the last one, the length and the count.
Numbers are little-endian, or LEB128 where their size varies.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator

from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.hot_map import (
    MOST_RUNS,
    MOST_SEEN,
    Generation,
    HotMap,
    Runs,
)

MAGIC = b"LBHM"
VERSION = 1
FRAME = struct.Struct("<4sBI")
HEADER = struct.Struct("<16sQQI")
MOST_BYTES = 4 * 2**20
"""Of a map as stored. Two tiers of `MOST_RUNS` runs have less."""
MOST_UNPACKED_BYTES = 16 * 2**20
MOST_PAGES = 2**40
SNAPSHOT_ID_BYTES = 64
LOW_BITS, MORE = 0x7F, 0x80  # of a byte of a LEB128 number


class MapError(ValueError):
    """These bytes are not a hot map that this version can read; the text says why."""


def encode_map(hot: HotMap) -> bytes:
    fitted = hot.fitted()
    body = bytearray(
        HEADER.pack(
            uuid.UUID(fitted.database_uuid).bytes,
            fitted.file_pages,
            fitted.generation.written_at,
            fitted.recordings,
        )
    )
    snapshot_id = fitted.generation.snapshot_id.encode("ascii", "replace")[:SNAPSHOT_ID_BYTES]
    _put(body, len(snapshot_id))
    body += snapshot_id
    for runs in (fitted.opening, fitted.queries):
        _put_runs(body, runs)
    packed = zlib.compress(bytes(body), 9)
    return FRAME.pack(MAGIC, VERSION, zlib.crc32(packed)) + packed


def decode_map(data: bytes) -> HotMap:
    """Parse a map. Raises MapError for anything that is not one, however it came to be."""
    reader = _Reader(_unpacked(data))
    identity, file_pages, written_at, recordings = HEADER.unpack(reader.take(HEADER.size))
    if file_pages > MOST_PAGES:
        raise MapError(f"is for a file of {file_pages} pages")
    snapshot_id = reader.take(reader.number(SNAPSHOT_ID_BYTES))
    opening, queries = (tuple(_take_runs(reader)) for _ in range(2))
    if reader.left:
        raise MapError(f"goes on for {reader.left} bytes after its end")
    return HotMap(
        database_uuid=str(uuid.UUID(bytes=identity)),
        file_pages=file_pages,
        generation=Generation(
            snapshot_id=snapshot_id.decode("ascii", "replace"), written_at=written_at
        ),
        recordings=recordings,
        opening=opening,
        queries=queries,
    )


def _unpacked(data: bytes) -> bytes:
    if len(data) < FRAME.size:
        raise MapError(f"has only {len(data)} bytes")
    if len(data) > MOST_BYTES:
        raise MapError(f"has {len(data)} bytes, at most {MOST_BYTES} are read")
    magic, version, checksum = FRAME.unpack_from(data)
    if magic != MAGIC:
        raise MapError(f"starts with {magic!r} instead of {MAGIC!r}")
    if version != VERSION:
        raise MapError(f"has version {version}, this agent reads {VERSION}")
    packed = memoryview(data)[FRAME.size :]
    if zlib.crc32(packed) != checksum:
        raise MapError("is torn: its checksum does not match")
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(packed, MOST_UNPACKED_BYTES)
    except zlib.error as error:
        raise MapError(f"cannot be unpacked ({error})") from error
    if not unpacker.eof or unpacker.unused_data:
        raise MapError(f"does not unpack to one piece of at most {MOST_UNPACKED_BYTES} bytes")
    return body


def _put(body: bytearray, number: int) -> None:
    while number > LOW_BITS:
        body.append(number & LOW_BITS | MORE)
        number >>= 7
    body.append(number)


def _put_runs(body: bytearray, runs: Runs) -> None:
    _put(body, len(runs))
    end = 0
    for run in runs:
        _put(body, run.start - end)
        _put(body, run.pages)
        _put(body, run.seen)
        end = run.end


def _take_runs(reader: _Reader) -> Iterator[PageRun]:
    end = 0
    for _ in range(reader.number(MOST_RUNS)):
        start = end + reader.number(MOST_PAGES)
        run = PageRun(start, reader.number(MOST_PAGES), reader.number(MOST_SEEN))
        if not run.pages or not run.seen or run.end > MOST_PAGES:
            raise MapError(f"has an impossible run: {run.pages} pages from {run.start}")
        end = run.end
        yield run


class _Reader:
    """Takes bytes and numbers off the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise MapError(f"ends {count - self.left} bytes early")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, most: int) -> int:
        """Return a LEB128 number of at most so much."""
        number = 0
        for position, byte in enumerate(self._groups()):
            number |= (byte & LOW_BITS) << (7 * position)
            if number > most:
                raise MapError(f"has the number {number}, where at most {most} is possible")
        return number

    def _groups(self) -> Iterable[int]:
        """Yield the bytes of one number; six groups hold anything that is possible here."""
        for _ in range(6):
            (byte,) = self.take(1)
            yield byte
            if byte < MORE:
                return
        raise MapError("has a number without an end")
