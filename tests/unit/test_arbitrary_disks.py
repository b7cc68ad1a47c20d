"""Whatever disks, the kernel and its tools say: an answer of ours, never another exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ladybug_agent.adapters.block_devices import KernelBlockDevices
from ladybug_agent.adapters.filesystem_tools import JOURNAL_TOOLS, judge_journal, parse_blkid
from ladybug_agent.adapters.kernel_log import KmsgKernelLog
from ladybug_agent.adapters.kernel_records import parse_record
from ladybug_agent.adapters.mount_table import parse_mountinfo_line
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.adapters.nvme import PAGE_BYTES, parse_identity
from ladybug_agent.adapters.udev import UdevIdentity
from ladybug_lab.volumes.nvme_identity import ebs_identify_page
from support.arbitrary import TEXT, inputs, some_of

EBS_PAGE = ebs_identify_page("vol-0123456789abcdef0", "/dev/sdf")
TARGET = Path("/mnt/ladybug-data")


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        yield Path(directory)


FIELDS = ((0, 2), (4, 20), (24, 40), (3072, 32))
LENGTHS = [PAGE_BYTES] * 5 + [PAGE_BYTES + 1, PAGE_BYTES - 1, 0]


def identify_page(spelling: bytes) -> bytes:
    """Return an EBS volume's page with some fields of it overwritten, and cut at times."""
    which, length, filler = spelling[0], spelling[1], spelling[2:]
    page = bytearray(EBS_PAGE)
    for number, (offset, size) in enumerate(FIELDS):
        if which >> number & 1:
            page[offset : offset + size] = filler[:size]
            filler = filler[size:]
    return bytes(page[: LENGTHS[length % len(LENGTHS)]])


SPELLING_BYTES = 2 + sum(size for _, size in FIELDS)
IDENTIFY_PAGES = st.binary(min_size=SPELLING_BYTES, max_size=SPELLING_BYTES).map(identify_page)


@inputs(1000)
@given(IDENTIFY_PAGES)
def test_any_identify_page_is_an_identity_or_none(page: bytes) -> None:
    identity = parse_identity(page)
    assert (identity is None) == (len(page) < PAGE_BYTES)
    if identity is not None:
        assert len(identity.serial) <= 20
        assert len(identity.model) <= 40
        assert len(identity.device_name) <= 32
        assert "\0" not in identity.serial + identity.model + identity.device_name


@inputs(300)
@given(st.binary(min_size=64, max_size=2 * 64))
def test_any_bytes_at_all_are_an_identity_or_none(pattern: bytes) -> None:
    assert parse_identity((pattern * 64)[:PAGE_BYTES]) is not None
    assert parse_identity(pattern) is None


WORDS = ["36", "35", "259:3", "/", "/mnt/a\\040b", "\\777\\000", "ro,nodev", "-", "-", "xfs", ""]
ODD = ["\udcff", "٣", "9" * 30, "\t", "\\", "\\7", "\0", "#", str(TARGET), " ", "é,", "a" * 300]
LINES = some_of([*WORDS, *WORDS, *ODD], 14).map(" ".join)


@inputs(1200)
@given(LINES)
@example("9" * 5000 + " 35 259:1 / /a ro - xfs /dev/nvme1n1 ro")
@example("٣ 35 259:1 / /a ro - xfs /dev/nvme1n1 ro")
@example("36 35 259:1 / /a ro - ")
def test_any_line_of_mountinfo_is_an_entry_or_none(line: str) -> None:
    entry = parse_mountinfo_line(line)
    assert entry is None or (entry.mount_id >= 0 and isinstance(entry.target, Path))


@inputs(400)
@given(st.binary(max_size=100) | some_of([*WORDS, *WORDS, *ODD, "\n", "\n"], 40).map(" ".join))
def test_any_mount_table_or_fstab_can_be_asked(scratch: Path, table: bytes | str) -> None:
    path = scratch / "table"
    path.write_bytes(table if isinstance(table, bytes) else table.encode(errors="replace"))
    mounts = SystemMounts(path, path)
    assert mounts.at(TARGET) in {None, *mounts.entries()}
    mounts.fstab_line(TARGET)


@inputs(500)
@given(TEXT)
def test_any_record_of_the_kernel_is_one_line(record: str) -> None:
    for start in ("", "6,1,2,-;", ";"):
        assert "\n" not in parse_record(start + record)


@inputs(300)
@given(st.binary(max_size=200))
def test_any_bytes_in_the_kernels_log_are_messages(scratch: Path, data: bytes) -> None:
    path = scratch / "kmsg"
    path.write_bytes(b"")
    with KmsgKernelLog(path).follow() as kernel_says:
        path.write_bytes(data)
        assert all(isinstance(message, str) for message in kernel_says())


PAIRS = [
    "TYPE=xfs",
    "UUID=",
    "=",
    "TYPE",
    "PTTYPE=gpt",
    "TYPE=TYPE=ext4",
    "\r",
    "\n",
    "\udcff",
    "\0",
]


@inputs(500)
@given(some_of(PAIRS, 8).map("\n".join))
def test_any_output_of_blkid_is_a_probe(output: str) -> None:
    probe = parse_blkid(output)
    assert probe.filesystem is None or f"TYPE={probe.filesystem}" in output


FEATURES = "Filesystem features: needs_recovery"
STATES = ["state: <DIRTY>", "state: <CLEAN>", "state: <?>", FEATURES, "\n", "needs_recovery", "\0"]


@inputs(500)
@given(some_of(STATES, 5).map(" ".join))
def test_any_output_about_a_journal_is_a_state(output: str) -> None:
    for _, pattern in JOURNAL_TOOLS.values():
        found = pattern.search(output)
        assert (judge_journal(found) == "unknown") == (found is None)


ATTRIBUTES = ("dev", "size", "diskseq", "serial", "device/serial", "device/model")
NAMES = ["nvme1n1", "nvme1c1n1", "xvdf", "sda", "loop0", "cciss!c0d0", "nvme"]
CONTENT = [
    b"259:3\n",
    b"0",
    b"41943040",
    b"-1",
    b"9" * 5000,
    b"\0\0",
    b"1e9",
    b"\xd9\xa3",
    b"",
    b" ",
]


@inputs(300)
@given(spelling=st.binary(min_size=8, max_size=8), page=IDENTIFY_PAGES)
def test_any_attributes_of_a_disk_are_a_disk_or_none(
    scratch: Path, spelling: bytes, page: bytes
) -> None:
    disk = scratch / "block" / NAMES[spelling[0] % len(NAMES)]
    (disk / "device").mkdir(parents=True)
    for attribute, byte in zip(ATTRIBUTES, spelling[1:], strict=False):
        if byte < 220:
            (disk / attribute).write_bytes(CONTENT[byte % len(CONTENT)])
    devices = KernelBlockDevices(scratch, lambda _: page, lambda _: UdevIdentity())
    assert all(found.size_bytes >= 0 for found in devices.disks())
    rmtree(disk)
