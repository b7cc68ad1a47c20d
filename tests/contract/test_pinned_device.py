"""A pinned disk and the programs that read it, as they are called; a file stands for the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.support.programs import FakePrograms
from contract.support.timing import ends_within
from ladybug_agent.adapters.pinned_device import KernelPinnedDevice, pinned
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model.storage import BlockDevice, FilesystemProbe

DATA = Path(__file__).parents[1] / "data" / "blkid"
OUTPUTS = sorted(path.stem for path in DATA.glob("*.txt"))
AMBIVALENT = "blkid: NODE: ambivalent result (probably more filesystems on the device, use \
wipefs(8) to see more details)\n"
ONE_BLOCK = "1+0 records in\n1+0 records out\n"


def a_disk(node: Path, device_number: str = "0:0", sequence: int | None = None) -> BlockDevice:
    """Describe a file as a disk: it has the device number 0:0 and no sequence number."""
    return BlockDevice(
        node=str(node),
        device_number=device_number,
        size_bytes=8192,
        serial="vol0123456789abcdef0",
        disk_sequence=sequence,
    )


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "nvme1n1"
    path.write_bytes(bytes(8192))
    return path


@pytest.fixture
def device(node: Path) -> Iterator[KernelPinnedDevice]:
    with pinned(a_disk(node)) as opened:
        yield opened


def test_a_node_that_is_gone_cannot_be_pinned(tmp_path: Path) -> None:
    with (
        pytest.raises(ExternalFailure, match=r"nvme1n1 \(vol0123456789abcdef0\)") as failure,
        pinned(a_disk(tmp_path / "nvme1n1")),
    ):
        pytest.fail("it was pinned")
    assert failure.value.code == "device_gone"


def test_a_disk_of_another_number_cannot_be_pinned(node: Path) -> None:
    with (
        pytest.raises(Refused, match=r"to be 259:3 .*, found 0:0") as refusal,
        pinned(a_disk(node, "259:3", 7)),
    ):
        pytest.fail("it was pinned")
    assert refusal.value.code == "device_replaced"


def test_a_node_that_goes_away_is_noticed(device: KernelPinnedDevice, node: Path) -> None:
    node.unlink()
    with pytest.raises(ExternalFailure) as failure:
        device.check()
    assert failure.value.code == "device_gone"


def test_a_node_that_means_another_disk_is_noticed(device: KernelPinnedDevice, node: Path) -> None:
    node.unlink()
    node.symlink_to("/dev/null")
    with pytest.raises(Refused, match=r"found 0:0, 1:3") as refusal:
        device.check()
    assert refusal.value.code == "device_replaced"


def test_pinning_leaves_no_descriptor_open(node: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(RuntimeError), pinned(a_disk(node)):
        raise RuntimeError
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_is_no_block_device_has_neither_size_nor_seal(device: KernelPinnedDevice) -> None:
    acts = (device.size_bytes, device.is_sealed, lambda: device.set_sealed(sealed=True))
    for act in acts:
        with pytest.raises(ExternalFailure) as failure:
            act()
        assert failure.value.code == "device_refused"


def test_a_read_goes_around_the_page_cache(
    programs: FakePrograms, device: KernelPinnedDevice, node: Path, deadline: Deadline
) -> None:
    programs.add("dd", stderr=ONE_BLOCK)
    device.read_block(5 * 4096, deadline)
    called = programs.arguments("dd")
    assert {f"if={node}", "skip=5", "count=1", "bs=4096", "of=/dev/null"} < set(called)
    assert next(word for word in called if word.startswith("iflag=")) == "iflag=direct,fullblock"


@pytest.mark.parametrize("said", ["0+0 records in\n0+0 records out\n", "0+1 records in\n", ""])
def test_a_read_that_comes_back_short_is_an_error(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline, said: str
) -> None:
    programs.add("dd", stderr=said)
    with pytest.raises(ExternalFailure, match="wanted 4096 bytes at byte 8192 of") as failure:
        device.read_block(8192, deadline)
    assert failure.value.code == "device_unreadable"


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_probe_is_what_blkid_says(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline, output: str
) -> None:
    text = (DATA / f"{output}.txt").read_text()
    expected: dict[str, Any] = json.loads((DATA / f"{output}.json").read_text())
    programs.add("blkid", stdout=text, status=0 if text else 2)
    assert device.probe(deadline) == FilesystemProbe(**expected)
    assert programs.arguments("blkid") == ["--probe", "--output", "export", device.disk.node]


def test_two_filesystems_on_one_disk_are_refused(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline
) -> None:
    programs.add("blkid", stderr=AMBIVALENT, status=8)
    with pytest.raises(Refused, match="signatures of more than one filesystem") as refusal:
        device.probe(deadline)
    assert refusal.value.code == "filesystem_ambiguous"


def test_a_blkid_that_fails_otherwise_is_an_error(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline
) -> None:
    programs.add("blkid", stderr="blkid: unrecognized option '--probe'\n", status=4)
    with pytest.raises(ExternalFailure, match="unrecognized option") as failure:
        device.probe(deadline)
    assert failure.value.code == "command_failed"


@pytest.mark.parametrize("program", ["blkid", "dd", "xfs_logprint"])
def test_a_program_that_hangs_is_ended(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline, program: str
) -> None:
    programs.write(program, "exec sleep 300\n")
    short = deadline.capped(0.2)
    acts: dict[str, Callable[[], object]] = {
        "blkid": lambda: device.probe(short),
        "dd": lambda: device.read_block(0, short),
        "xfs_logprint": lambda: device.journal("xfs", short),
    }
    with ends_within(1), pytest.raises(DeadlineExceeded, match=f"waiting for {program}"):
        acts[program]()


JOURNALS = [
    ("xfs", "    log tail: 5 head: 8 state: <DIRTY>\n", "dirty"),
    ("xfs", "    log tail: 8 head: 8 state: <CLEAN>\n", "clean"),
    ("xfs", "    log tail: 8 head: 8\n", "unknown"),
    ("ext4", "Filesystem features:      has_journal needs_recovery\n", "dirty"),
    ("ext4", "Filesystem features:      has_journal extent\n", "clean"),
    ("ext4", "", "unknown"),
]


@pytest.mark.parametrize(("filesystem", "said", "state"), JOURNALS)
def test_the_journal_is_what_its_tool_says(
    programs: FakePrograms, device: KernelPinnedDevice, filesystem: str, said: str, state: str
) -> None:
    program = {"xfs": "xfs_logprint", "ext4": "dumpe2fs"}[filesystem]
    programs.add(program, stdout=said)
    assert device.journal(filesystem, Deadline.after(10, SystemClock())) == state
    assert programs.arguments(program)[-1] == device.disk.node


@pytest.mark.parametrize("filesystem", ["xfs", "ext4"])
def test_a_journal_without_its_tool_is_unknown(
    device: KernelPinnedDevice,
    deadline: Deadline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    filesystem: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert device.journal(filesystem, deadline) == "unknown"


def test_a_journal_that_its_tool_cannot_read_is_unknown(
    programs: FakePrograms, device: KernelPinnedDevice, deadline: Deadline
) -> None:
    programs.add("xfs_logprint", stderr="failed to find head and tail, error: 117\n", status=1)
    assert device.journal("xfs", deadline) == "unknown"


def test_nothing_is_read_of_a_disk_that_was_replaced(
    programs: FakePrograms, device: KernelPinnedDevice, node: Path, deadline: Deadline
) -> None:
    for program in ("blkid", "dd", "xfs_logprint"):
        programs.add(program)
    node.unlink()
    node.symlink_to("/dev/null")
    acts = (
        device.size_bytes,
        device.is_sealed,
        lambda: device.set_sealed(sealed=False),
        lambda: device.read_block(0, deadline),
        lambda: device.probe(deadline),
        lambda: device.journal("xfs", deadline),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "device_replaced"
    assert [programs.arguments(name) for name in ("blkid", "dd", "xfs_logprint")] == [[], [], []]
