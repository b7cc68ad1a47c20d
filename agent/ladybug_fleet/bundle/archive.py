"""The bundle's file: a tar archive in a gzip file, without anything but names, modes and bytes."""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath

from ladybug_agent.errors import Refused
from ladybug_fleet.bundle.member import Member

# RFC 1952: magic, deflate, no flags, no date, no extra flags, "unknown" system.
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
MOST_STORED = 0xFFFF
DIRECTORY_MODE = 0o755
MOST_BYTES = 256 * 1024 * 1024


def pack(top: str, members: Sequence[Member]) -> bytes:
    """Return the members below the directory `top`, sorted, owned by root, without dates.

    The data is stored, not compressed: nearly all of it is wheels, which are compressed already,
    and each zlib compresses to bytes of its own, so that two machines would make two bundles.
    """
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for directory in _directories(top, members):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, DIRECTORY_MODE
            archive.addfile(_owned(entry))
        for member in sorted(members):
            entry = tarfile.TarInfo(f"{top}/{member.path}")
            entry.size, entry.mode = len(member.data), member.mode
            archive.addfile(_owned(entry), BytesIO(member.data))
    return _gzip_stored(out.getvalue())


def unpack(data: bytes) -> tuple[str, list[Member]]:
    """Return the one top directory and the files below it. Raises Refused for anything else."""
    try:
        plain = _gunzip(data)
        with tarfile.open(fileobj=BytesIO(plain), mode="r:") as archive:
            entries = archive.getmembers()
            members = [_member(archive, entry) for entry in entries if not entry.isdir()]
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise _unreadable("what is none, or a part of one") from error
    tops = {PurePosixPath(entry.name).parts[0] for entry in entries}
    if len(tops) != 1:
        raise _unreadable(f"{len(tops)} top directories")
    top = tops.pop()
    # Without the directory itself the name would be empty.
    return top, [_below(top, member) for member in members]


def _owned(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _directories(top: str, members: Sequence[Member]) -> list[str]:
    below = {parent for member in members for parent in PurePosixPath(member.path).parents}
    return sorted(str(PurePosixPath(top) / parent) for parent in below)


def _gzip_stored(data: bytes) -> bytes:
    """Return a gzip file whose blocks are stored (RFC 1951, 3.2.4), the same from any zlib."""
    tail = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"".join([GZIP_HEAD, *_blocks(data), tail])


def _blocks(data: bytes) -> Iterator[bytes]:
    starts = range(0, len(data), MOST_STORED)
    for start in starts:
        block = data[start : start + MOST_STORED]
        head = struct.pack("<BHH", start == starts[-1], len(block), len(block) ^ MOST_STORED)
        yield head + block


def _gunzip(data: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)  # gzip, with its check sum
    plain = reader.decompress(data, MOST_BYTES)
    if not reader.eof or reader.unused_data:
        raise EOFError
    return plain


def _member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Member:
    file = archive.extractfile(entry) if entry.isreg() else None
    if file is None or PurePosixPath(entry.name).is_absolute() or ".." in entry.name.split("/"):
        raise _unreadable(f"the entry {entry.name}")
    return Member(path=entry.name, data=file.read(), mode=entry.mode)


def _below(top: str, member: Member) -> Member:
    return Member(path=member.path.removeprefix(f"{top}/"), data=member.data, mode=member.mode)


def _unreadable(found: str) -> Refused:
    return Refused(
        "bundle_unreadable",
        f"wanted a bundle, found {found}",
        hint="build it again, or fetch it again, and compare with its .sha256",
    )
