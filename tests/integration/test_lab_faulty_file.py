"""A file whose reads fail or hang, under a real loop device."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ladybug_lab.errors import LabError
from ladybug_lab.shell import run
from ladybug_lab.volumes.faulty_file import FaultyFile, faulty_file
from ladybug_lab.volumes.image import attach, detach

pytestmark = pytest.mark.integration

MIB = 2**20
SIZE_BYTES = 8 * MIB
FAULTY = (4 * MIB, 5 * MIB)
WAIT_S = 10.0


@pytest.fixture
def backing(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    path.write_bytes(b"".join(bytes([number]) * MIB for number in range(SIZE_BYTES // MIB)))
    return path


@pytest.fixture
def faulty(backing: Path) -> Iterator[FaultyFile]:
    with faulty_file(backing) as served:
        yield served


@pytest.fixture
def node(faulty: FaultyFile) -> Iterator[Path]:
    device = attach(faulty.path)
    run(["udevadm", "settle"], timeout_s=WAIT_S)  # or udev's own look at it might be what hangs
    yield device.node
    faulty.release()
    detach(device)


def dd(node: Path, mib: int) -> subprocess.Popen[bytes]:
    """Read one MiB of the device, past the page cache."""
    return subprocess.Popen(
        ["dd", f"if={node}", "bs=1M", "count=1", f"skip={mib}", "iflag=direct", "status=none"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def read(node: Path, mib: int) -> bytes:
    output, complaint = dd(node, mib).communicate(timeout=WAIT_S)
    return output or complaint


def uninterruptible() -> list[str]:
    """Return the processes that serve a loop device or read one, and are stuck in it."""
    argv = ["ps", "-eo", "state=,pid=,comm="]
    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return [
        line for line in shown.splitlines() if line[0] == "D" and ("loop" in line or "dd" in line)
    ]


def mounts() -> str:
    return Path("/proc/self/mounts").read_text(encoding="utf-8")


def test_without_faults_the_view_is_the_backing_file(faulty: FaultyFile, backing: Path) -> None:
    assert faulty.path.name == backing.name
    assert faulty.path.read_bytes() == backing.read_bytes()


def test_a_read_within_the_range_fails_and_others_do_not(faulty: FaultyFile, node: Path) -> None:
    faulty.fail_reads(*FAULTY)
    assert b"Input/output error" in read(node, 4)
    assert read(node, 3) == bytes([3]) * MIB
    assert read(node, 5) == bytes([5]) * MIB
    faulty.release()
    assert read(node, 4) == bytes([4]) * MIB


def test_a_read_that_crosses_into_the_range_fails(faulty: FaultyFile) -> None:
    faulty.fail_reads(*FAULTY)
    handle = os.open(faulty.path, os.O_RDONLY)
    try:
        assert len(os.pread(handle, 4096, FAULTY[0] - 4096)) == 4096
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            os.pread(handle, 4097, FAULTY[0] - 4096)
    finally:
        os.close(handle)


def test_a_hung_read_goes_on_after_the_release(faulty: FaultyFile, node: Path) -> None:
    faulty.hang_reads(*FAULTY)
    with dd(node, 4) as hung:
        faulty.await_blocked(WAIT_S)
        with faulty.path.open("rb") as file:
            assert file.read(4096) == bytes(4096)
        assert hung.poll() is None
        faulty.release()
        assert hung.communicate(timeout=WAIT_S)[0] == bytes([4]) * MIB
    assert uninterruptible() == []


def test_no_hung_read_is_reported_when_none_hangs(faulty: FaultyFile) -> None:
    with pytest.raises(LabError, match=r"no read of image hung within 0\.01 s"):
        faulty.await_blocked(0.01)


def test_writes_reach_the_backing_file(faulty: FaultyFile, node: Path, backing: Path) -> None:
    handle = os.open(node, os.O_WRONLY)
    os.pwrite(handle, b"written", MIB)
    os.fsync(handle)
    os.close(handle)
    assert backing.read_bytes()[MIB : MIB + 8] == b"written\1"
    assert faulty.path.stat().st_size == SIZE_BYTES


def test_a_serving_process_that_is_killed_is_cleaned_up_after(backing: Path) -> None:
    argv = ["pgrep", "--parent", str(os.getpid()), "--full", "ladybug_lab.volumes.faulty_view"]
    with faulty_file(backing) as served:
        os.kill(int(run(argv, timeout_s=WAIT_S)), signal.SIGKILL)
        with pytest.raises(LabError, match="does not answer"):
            served.release()
    assert (str(served.path.parent) in mounts(), served.path.parent.exists()) == (False, False)


def test_the_end_frees_a_hung_read_and_leaves_no_mount(backing: Path) -> None:
    with faulty_file(backing) as served:
        device = attach(served.path)
        run(["udevadm", "settle"], timeout_s=WAIT_S)
        served.hang_reads(*FAULTY)
        hung = dd(device.node, 4)
        served.await_blocked(WAIT_S)
    hung.communicate(timeout=WAIT_S)
    run(["losetup", "--detach", str(device.node)], timeout_s=WAIT_S)
    assert (str(served.path.parent) in mounts(), served.path.parent.exists()) == (False, False)
    assert uninterruptible() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_caller_that_dies_leaves_no_mount_behind(backing: Path, number: int) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from ladybug_lab.volumes.faulty_file import faulty_file\n"
        "with faulty_file(pathlib.Path(sys.argv[1])) as served:\n"
        "    served.hang_reads(0, 4096)\n"
        "    print(served.path, flush=True)\n"
        "    time.sleep(60)\n"
    )
    argv = [sys.executable, "-c", program, str(backing)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout
        path = Path(caller.stdout.readline().strip())
        with subprocess.Popen(["cat", str(path)], stdout=subprocess.DEVNULL) as hung:
            caller.send_signal(number)
            caller.wait(WAIT_S)
            hung.wait(WAIT_S)  # goes on or fails, but ends
    argv = [
        "timeout",
        f"{WAIT_S:g}",
        "sh",
        "-c",
        f"while test -e {path.parent}; do sleep 0.02; done",
    ]
    subprocess.run(argv, check=True)
    assert str(path.parent) not in mounts()


def test_a_file_that_is_not_there_is_reported_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with (
        pytest.raises(LabError, match="No such file or directory") as raised,
        faulty_file(tmp_path / "missing"),
    ):
        pass
    assert "fuse3" in raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_empty_range_is_refused(faulty: FaultyFile) -> None:
    with pytest.raises(LabError, match=r"no byte lies in \[4096, 4096\)"):
        faulty.fail_reads(4096, 4096)
