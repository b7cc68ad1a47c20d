"""The kernel's own messages, as `/dev/kmsg` gives them."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

import pytest

from contract.support.loops import attached_loop
from contract.support.overrun_log import overrun_log
from contract.support.timing import ends_within
from ladybug_agent.adapters.kernel_log import KmsgKernelLog
from ladybug_agent.adapters.kernel_records import KernelRecords, parse_record

# One record of Linux 6.18, with the lines of its device.
RECORD = "4,2711,50012345678,-;XFS (loop3): Ending clean mount\n SUBSYSTEM=block\n DEVICE=b7:3\n"


@pytest.fixture
def kmsg(tmp_path: Path) -> Path:
    """A file has no end of record, so that a test adds one record before each read."""
    path = tmp_path / "kmsg"
    path.write_text("6,1,1,-;old news\n", encoding="ascii")
    return path


def add(kmsg: Path, record: bytes) -> None:
    with kmsg.open("ab") as file:
        file.write(record)


def test_what_was_said_before_is_not_told(kmsg: Path) -> None:
    with KmsgKernelLog(kmsg).follow() as kernel_says:
        assert kernel_says() == ()


def test_what_is_said_meanwhile_is_told_once(kmsg: Path) -> None:
    with KmsgKernelLog(kmsg).follow() as kernel_says:
        add(kmsg, RECORD.encode())
        assert kernel_says() == ("XFS (loop3): Ending clean mount",)
        assert kernel_says() == ()
        add(kmsg, b"3,2712,50012345679,c;I/O error, dev loop3, sector 8\n")
        assert kernel_says() == ("I/O error, dev loop3, sector 8",)


def test_a_message_that_is_no_text_is_told_as_far_as_it_is(kmsg: Path) -> None:
    with KmsgKernelLog(kmsg).follow() as kernel_says:
        add(kmsg, b"6,1,1,-;loop3: \xff\xfe\n")
        assert kernel_says() == ("loop3: \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}",)


def test_a_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    with KmsgKernelLog(tmp_path / "kmsg").follow() as kernel_says:
        assert kernel_says() == ()


def test_a_directory_in_its_place_says_nothing(tmp_path: Path) -> None:
    with KmsgKernelLog(tmp_path).follow() as kernel_says:
        assert kernel_says() == ()


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kmsg")
    with ends_within(1), KmsgKernelLog(tmp_path / "kmsg").follow() as kernel_says:
        assert kernel_says() == ()


def test_following_leaves_nothing_open(kmsg: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(RuntimeError), KmsgKernelLog(kmsg).follow():
        raise RuntimeError
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (RECORD, "XFS (loop3): Ending clean mount"),
        ("6,1742,11026920317,-,caller=T1;with a caller\n", "with a caller"),
        ("6,1,1,-;a; semicolon\n", "a; semicolon"),
        ("6,1,1,-;two\\x0alines\n", "two\\x0alines"),
        ("6,1,1,-;\n", ""),
        ("no record at all", ""),
        ("", ""),
    ],
)
def test_a_record_is_its_message(record: str, message: str) -> None:
    assert parse_record(record) == message


@pytest.mark.integration
def test_messages_that_were_lost_do_not_hide_later_ones(tmp_path: Path) -> None:
    with overrun_log(tmp_path) as path, KmsgKernelLog(path).follow() as kernel_says:
        assert kernel_says() == ("XFS (nvme1n1): said after the gap",)
        assert kernel_says() == ()


@pytest.mark.integration
def test_a_line_in_the_real_log_is_told() -> None:
    line = f"ladybug-agent test {secrets.token_hex(8)}"
    with KmsgKernelLog().follow() as kernel_says:
        Path("/dev/kmsg").write_text(f"{line}\n", encoding="ascii")
        assert line in kernel_says()


@pytest.mark.integration
def test_what_the_kernel_says_of_a_mount_is_told(xfs_image: Path, tmp_path: Path) -> None:
    target = tmp_path / "mnt"
    target.mkdir()
    with attached_loop(xfs_image) as device, KmsgKernelLog().follow() as kernel_says:
        subprocess.run(["mount", "--read-only", str(device.node), str(target)], check=True)
        subprocess.run(["umount", str(target)], check=True)
        assert any(f"XFS ({device.node.name})" in line for line in kernel_says())


def test_records_are_read_from_a_number_on(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    with path.open("w") as log:
        log.write("6,7,1,-;XFS (nvme1n1): Ending clean mount\n")
    assert KernelRecords(path).since(-1) == ((), 7)
    assert KernelRecords(path).since(6) == (("XFS (nvme1n1): Ending clean mount",), 7)
    assert KernelRecords(path).since(7) == ((), 7)


def test_a_log_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        KernelRecords(tmp_path / "none").since(0)
