"""The mount table, and mount(8) and umount(8) as they are called."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contract.support.programs import FakePrograms
from ladybug_agent.adapters.mount_table import parse_mountinfo_line
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, NotYet
from ladybug_agent.model.storage import MountEntry

DATA = Path(__file__).parents[1] / "data" / "mountinfo"
TABLES = sorted(path.stem for path in DATA.glob("*.txt"))
NODE, TARGET = "/dev/nvme1n1", Path("/mnt/ladybug-data")
# util-linux 2.38.1, in LC_ALL=C.UTF-8
SEALED = f"""mount: {TARGET}: cannot mount {NODE} read-only.
       dmesg(1) may have more information after failed mount system call.
"""
WRONG_FILESYSTEM = f"""mount: {TARGET}: wrong fs type, bad option, bad superblock on {NODE}, \
missing codepage or helper program, or other error.
       dmesg(1) may have more information after failed mount system call.
"""
NO_DEVICE = f"""mount: {TARGET}: special device {NODE} does not exist.
       dmesg(1) may have more information after failed mount system call.
"""


def mount(deadline: Deadline, *options: str) -> None:
    SystemMounts().mount(NODE, TARGET, "xfs", options or ("ro",), deadline)


@pytest.mark.parametrize("table", TABLES)
def test_the_mount_table_is_read_as_the_kernel_writes_it(table: str) -> None:
    mounts = SystemMounts(DATA / f"{table}.txt")
    for look in json.loads((DATA / f"{table}.json").read_text()):
        assert mounts.at(Path(look["target"])) == expected(look)


def expected(look: dict[str, Any]) -> MountEntry | None:
    if look["entry"] is None:
        return None
    entry = {"root": "/", **look["entry"], "options": frozenset(look["entry"]["options"])}
    return MountEntry(target=Path(look["target"]), **entry)


def test_the_table_is_read_anew_each_time(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes((DATA / "replica.txt").read_bytes())
    mounts = SystemMounts(table)
    assert mounts.at(TARGET) is not None
    table.write_bytes(b"")
    assert mounts.at(TARGET) is None


@pytest.mark.parametrize(
    "line",
    [
        b"99 27 0:99 / /mnt/\xff rw - tmpfs \xfe rw",
        b"",
        b"garbage",
        b"99 27 0:99 / /mnt rw",
        b"99 27 0:99 /mnt rw - tmpfs tmpfs rw",
        b"x 27 0:99 / /mnt rw - tmpfs tmpfs rw",
        b"99 27 0:99 / /mnt rw - ",
        b"99 27 0:99 / /mnt\\999\\0 rw - tmpfs tmpfs rw",
    ],
)
def test_a_strange_line_does_not_hide_the_others(tmp_path: Path, line: bytes) -> None:
    table = tmp_path / "mountinfo"
    replica = (DATA / "replica.txt").read_bytes()
    table.write_bytes(line + b"\n" + replica)
    mounts = SystemMounts(table)
    assert mounts.at(TARGET) is not None
    assert mounts.entries()[-4:] == SystemMounts(DATA / "replica.txt").entries()[-4:]


def test_the_topmost_of_two_mounts_at_one_place_is_told() -> None:
    mounts = SystemMounts(DATA / "overmount.txt")
    found = [entry.filesystem for entry in mounts.entries() if entry.target == TARGET]
    topmost = mounts.at(TARGET)
    assert topmost is not None
    assert (found, topmost.filesystem) == (["xfs", "tmpfs"], "tmpfs")


def test_a_superblock_that_is_writable_is_no_writable_mount() -> None:
    """The mount's own `ro` counts, and what the superblock says of itself does not."""
    entry = parse_mountinfo_line("36 35 259:1 / /a ro - xfs /dev/nvme1n1 rw,nouuid")
    assert entry is not None
    assert entry.options == {"ro", "nouuid"}


def test_the_own_mount_table_has_a_root() -> None:
    mounts = SystemMounts()
    root = mounts.at(Path("/"))
    assert root is not None
    assert root.options & {"ro", "rw"}
    assert root in mounts.entries()


def test_a_look_at_a_path_reaches_a_device(tmp_path: Path) -> None:
    status = tmp_path.stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    (tmp_path / "link").symlink_to("/proc")
    mounts = SystemMounts()
    assert mounts.device_number_at(tmp_path) == number
    assert mounts.device_number_at(tmp_path / "link") == number  # the link, not what it names
    assert mounts.device_number_at(tmp_path / "missing") is None
    proc = mounts.at(Path("/proc"))
    assert proc is not None
    assert mounts.device_number_at(Path("/proc")) == proc.device_number


@pytest.mark.parametrize(
    "line",
    [
        "/dev/xvdf /mnt/ladybug-data xfs ro,nofail 0 2",
        "  UUID=f00\t/mnt/ladybug-data\txfs\tro",
        "/dev/xvdf /mnt/ladybug-data/ xfs ro 0 2",
        "/dev/xvdf /mnt/lady\\142ug-data xfs ro 0 2 # ours",
        "LABEL=a#b /mnt/ladybug-data xfs",
        "/dev/xvdf /mnt/ladybug-data",
    ],
)
def test_a_line_of_fstab_about_the_mount_point_is_told(tmp_path: Path, line: str) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_text(f"# static\n\nUUID=1 / ext4 defaults 0 1\n{line}\n", encoding="utf-8")
    assert SystemMounts(fstab=fstab).fstab_line(TARGET) == line.strip()


@pytest.mark.parametrize(
    "line",
    [
        "# /dev/xvdf /mnt/ladybug-data xfs ro 0 2",
        "  #/dev/xvdf /mnt/ladybug-data xfs",
        "/dev/xvdf /mnt/ladybug-data-2 xfs",
        "/mnt/ladybug-data /srv none bind",
        "/dev/xvdf",
        "",
        "\udcff\udcfe /mnt/\udcff xfs",
    ],
)
def test_a_line_of_fstab_about_something_else_is_not(tmp_path: Path, line: str) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_bytes(line.encode(errors="surrogateescape"))
    assert SystemMounts(fstab=fstab).fstab_line(TARGET) is None


def test_a_machine_without_fstab_has_no_such_line(tmp_path: Path) -> None:
    assert SystemMounts(fstab=tmp_path / "fstab").fstab_line(TARGET) is None
    assert SystemMounts(fstab=tmp_path).fstab_line(TARGET) is None


def test_every_option_reaches_mount(programs: FakePrograms, deadline: Deadline) -> None:
    programs.add("mount")
    mount(deadline, "ro", "noatime", "nouuid")
    assert programs.arguments("mount") == [
        *("--types", "xfs"),
        *("--options", "ro,noatime,nouuid"),
        *("--source", NODE),
        *("--target", str(TARGET)),
    ]


def test_a_journal_is_replayed_in_a_mount_that_nobody_else_sees(
    programs: FakePrograms, deadline: Deadline
) -> None:
    programs.add("unshare")
    SystemMounts().replay_journal(NODE, TARGET, "xfs", ("ro", "nouuid"), deadline)
    assert programs.arguments("unshare") == [
        *("--mount", "--propagation", "private"),
        "mount",
        *("--types", "xfs"),
        *("--options", "ro,nouuid"),
        *("--source", NODE),
        *("--target", str(TARGET)),
    ]


def test_a_sealed_device_with_a_journal_to_replay_is_told_apart(
    programs: FakePrograms, deadline: Deadline
) -> None:
    programs.add("mount", stderr=SEALED, status=32)
    with pytest.raises(NotYet, match="has a journal to replay") as failure:
        mount(deadline)
    assert failure.value.code == "mount_needs_journal_replay"


@pytest.mark.parametrize("said", [WRONG_FILESYSTEM, NO_DEVICE, ""])
def test_any_other_failure_is_told_in_the_words_of_mount(
    programs: FakePrograms, deadline: Deadline, said: str
) -> None:
    programs.add("mount", stderr=said, status=32)
    with pytest.raises(ExternalFailure) as failure:
        mount(deadline)
    assert failure.value.code == "command_failed"
    assert said.partition("\n")[0] in str(failure.value)


def test_a_mount_that_takes_too_long_is_ended(programs: FakePrograms, deadline: Deadline) -> None:
    programs.write("mount", "exec sleep 300\n")
    with pytest.raises(DeadlineExceeded, match="mount --types xfs"):
        mount(deadline.capped(0.2))


def test_unmount_unmounts_the_mount_point(programs: FakePrograms, deadline: Deadline) -> None:
    programs.add("umount")
    SystemMounts().unmount(TARGET, deadline)
    assert programs.arguments("umount") == [str(TARGET)]


def test_a_busy_mount_point_is_told_in_the_words_of_umount(
    programs: FakePrograms, deadline: Deadline
) -> None:
    programs.add("umount", stderr=f"umount: {TARGET}: target is busy.\n", status=32)
    with pytest.raises(ExternalFailure, match="target is busy") as failure:
        SystemMounts().unmount(TARGET, deadline)
    assert failure.value.code == "command_failed"
