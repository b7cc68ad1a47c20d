"""Disks that fail after they were found ready: in the mount, and while databases are looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from integration.volume_cases.case import Case
from integration.volume_cases.disks import faulty, hang_for_a_while
from integration.volume_cases.inside import inside, made_anew, with_manifest
from integration.volume_cases.manifest import data_page
from integration.volume_cases.originals import FILE
from ladybug_agent.resources.contents.database_file import parse_header
from ladybug_lab.engines import LADYBUG_0_22
from ladybug_lab.shell import run
from ladybug_lab.volumes.faulty_file import FaultyFile
from support.damage import PAGE_BYTES
from support.databases import checkpointed
from support.volumes import GIB

Fault = Callable[[FaultyFile, Path], None]
Page = Callable[[Path], int]

SOON_S = 7.0
SIGNATURES = 64 * 1024
# The first inodes are 3 MiB inside then, where `blkid` never looks.
STRIPED = ("-d", "sunit=6144,swidth=6144")


def _fail_page(page: Page) -> Fault:
    """Let the disk fail where a page of the database is."""

    def fault(view: FaultyFile, image: Path) -> None:
        view.fail_reads(*_place_of(image, page))

    return fault


def _hang_page(page: Page) -> Fault:
    def fault(view: FaultyFile, image: Path) -> None:
        hang_for_a_while(view, *_place_of(image, page))

    return fault


def _fail_log(view: FaultyFile, image: Path) -> None:
    view.fail_reads(*_log_of(image))


def _hang_log(view: FaultyFile, image: Path) -> None:
    hang_for_a_while(view, *_log_of(image))


def _hang_signatures(view: FaultyFile, _: Path) -> None:
    """Here `blkid` looks for filesystems that have their superblock far inside."""
    hang_for_a_while(view, SIGNATURES, SIGNATURES + PAGE_BYTES)


def _hang_root(view: FaultyFile, image: Path) -> None:
    """The root directory's inode is what the mount reads, and nobody before it."""
    inode = _xfs_db(image, "sb 0", "print rootino")
    begin = _xfs_db(image, f"convert ino {inode} byte")
    hang_for_a_while(view, begin, begin + PAGE_BYTES)


def _log_of(image: Path) -> tuple[int, int]:
    """Return where XFS has its log."""
    start, blocks = (_xfs_db(image, "sb 0", f"print {n}") for n in ("logstart", "logblocks"))
    begin = _xfs_db(image, f"convert fsblock {start} byte")
    return begin, begin + blocks * PAGE_BYTES


def _xfs_db(image: Path, *commands: str) -> int:
    """Return the number that the last command prints: `name = 5`, or `0xa0 (160)`."""
    argv = ["xfs_db", "-r", *(word for command in commands for word in ("-c", command))]
    shown = run([*argv, str(image)], timeout_s=10.0)
    return int(shown.split()[-1].strip("()"))


def _place_of(image: Path, page: Page) -> tuple[int, int]:
    """Return where a page of the database lies: the file is in one piece."""
    with tempfile.TemporaryDirectory() as scratch:
        database = checkpointed(LADYBUG_0_22, Path(scratch) / FILE)
        content, number = database.read_bytes(), page(database)
    with image.open("rb") as file:
        begin = _first_place(file.fileno(), content[:PAGE_BYTES])
        found = os.pread(file.fileno(), len(content), begin)
    assert found == content
    return begin + number * PAGE_BYTES, begin + (number + 1) * PAGE_BYTES


def _first_place(handle: int, block: bytes) -> int:
    """Return the offset of a block of the filesystem; looks only where the image has data."""
    place = os.lseek(handle, 0, os.SEEK_DATA)
    while os.pread(handle, PAGE_BYTES, place) != block:
        place = os.lseek(handle, place + PAGE_BYTES, os.SEEK_DATA)
    return place


def _header(_: Path) -> int:
    return 0


def _catalog(path: Path) -> int:
    return parse_header(path.read_bytes()[:PAGE_BYTES]).root_pages[0]


def _sampled(path: Path) -> int:
    return data_page(path, is_sampled=True)


def _not_sampled(path: Path) -> int:
    return data_page(path, is_sampled=False)


PATH = "{mount_point}/databases"
CASES = (
    Case(
        name="gives I/O errors in its log",
        attach=faulty(_fail_log),
        code="device_unreadable",
        says=("{volume_id}", "{node}", "I/O error"),
    ),
    Case(
        name="never answers a read of its log",
        attach=faulty(_hang_log),
        data={"mount_timeout_s": 1.0},
        code="device_unresponsive",
        says=("{volume_id}", "{node}", "describe-volume-status"),
        within_s=SOON_S,
    ),
    Case(
        name="never answers a read of other signatures",
        attach=faulty(_hang_signatures),
        data={"read_timeout_s": 1.0},
        code="device_unresponsive",
        says=("{node}", "describe-volume-status"),
        within_s=SOON_S,
    ),
    Case(
        name="never answers a read of its root directory",
        change=made_anew("xfs", GIB, *STRIPED),
        attach=faulty(_hang_root),
        data={"mount_timeout_s": 1.0},
        code="device_unresponsive",
        says=("{volume_id}", "{node}", "describe-volume-status"),
        within_s=SOON_S,
    ),
    Case(
        name="gives an I/O error in the header of a database",
        attach=faulty(_fail_page(_header)),
        code="snapshot_unreadable",
        says=(PATH, "dmesg"),
    ),
    Case(
        name="gives an I/O error in the catalog of a database",
        attach=faulty(_fail_page(_catalog)),
        code="snapshot_unreadable",
        says=(PATH,),
    ),
    Case(
        name="gives an I/O error in a page that is sampled",
        change=inside(with_manifest),
        attach=faulty(_fail_page(_sampled)),
        data={"verify_depth": "sampled"},
        code="snapshot_unreadable",
        says=(PATH,),
    ),
    Case(
        name="gives an I/O error in a page that is not sampled, compared in full",
        change=inside(with_manifest),
        attach=faulty(_fail_page(_not_sampled)),
        data={"verify_depth": "full"},
        code="snapshot_unreadable",
        says=(PATH,),
    ),
    Case(
        name="never answers a read of a database's catalog",
        attach=faulty(_hang_page(_catalog)),
        data={"verify_timeout_s": 1.0},
        code="device_unresponsive",
        says=("{mount_point}", "{volume_id}", "{node}"),
        within_s=SOON_S,
    ),
)
