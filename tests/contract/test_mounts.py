"""The mount table, and mount(8) and umount(8) as they are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.support.programs import FakePrograms
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, NotYet
from ladybug_agent.storage_model import MountEntry

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
    entry = {**look["entry"], "options": frozenset(look["entry"]["options"])}
    return MountEntry(target=Path(look["target"]), **entry)


def test_the_table_is_read_anew_each_time(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes((DATA / "replica.txt").read_bytes())
    mounts = SystemMounts(table)
    assert mounts.at(TARGET) is not None
    table.write_bytes(b"")
    assert mounts.at(TARGET) is None


def test_a_mount_point_that_is_no_text_does_not_hide_the_others(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    strange = b"99 27 0:99 / /mnt/\xff rw - tmpfs \xfe rw\n"
    table.write_bytes(strange + (DATA / "replica.txt").read_bytes())
    assert SystemMounts(table).at(TARGET) is not None


def test_the_own_mount_table_has_a_root() -> None:
    root = SystemMounts().at(Path("/"))
    assert root is not None
    assert root.options & {"ro", "rw"}


def test_every_option_reaches_mount(programs: FakePrograms, deadline: Deadline) -> None:
    programs.add("mount")
    mount(deadline, "ro", "noatime", "nouuid")
    assert programs.arguments("mount") == [
        *("--types", "xfs"),
        *("--options", "ro,noatime,nouuid"),
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
