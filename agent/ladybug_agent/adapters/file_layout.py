"""Where files lie on their device, by the ioctl FIEMAP."""

from __future__ import annotations

import errno
import fcntl
import struct
from collections.abc import Iterator

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import Extent

# linux/fiemap.h
FS_IOC_FIEMAP = 0xC020660B
REQUEST = struct.Struct("=QQIIII")
ANSWER = struct.Struct("=QQQ16xI12x")
LAST = 0x1
UNPLACED = 0x2 | 0x4 | 0x8 | 0x100 | 0x200  # unknown, delayed, encoded, not aligned, inline
AT_ONCE = 512


class FiemapLayout:
    """Filesystem metadata is read from the device where it is not cached: some milliseconds."""

    def extents(self, handle: int) -> tuple[Extent, ...]:
        try:
            return tuple(_extents(handle))
        except OSError as error:
            if error.errno == errno.EIO:
                raise
            raise ExternalFailure(
                "file_layout_unknown",
                "the filesystem does not say where its files lie on the device",
                hint="XFS and ext4 do; is the data directory on another filesystem?",
            ) from error


def _extents(handle: int) -> Iterator[Extent]:
    start = 0
    while True:
        # FIEMAP writes its answer into the buffer of the request.
        buffer = bytearray(REQUEST.size + AT_ONCE * ANSWER.size)
        REQUEST.pack_into(buffer, 0, start, 2**64 - 1 - start, 0, 0, AT_ONCE, 0)
        fcntl.ioctl(handle, FS_IOC_FIEMAP, buffer)
        found = REQUEST.unpack_from(buffer)[3]
        flags = LAST
        for number in range(found):
            place = REQUEST.size + number * ANSWER.size
            logical, physical, length, flags = ANSWER.unpack_from(buffer, place)
            start = logical + length
            if not flags & UNPLACED:
                yield Extent(logical, physical, length)
        if flags & LAST:
            return
