"""A directory of the volume: nothing in it leads out of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.resources.contents.directory import opened_directory, refuse_unreadable


def read(root: Path, name: str, below: str = ".") -> bytes | None:
    with opened_directory(root, below) as directory, directory.file(name) as opened:
        if opened is None:
            return None
        handle, status = opened
        return os.read(handle, status.st_size)


def refused(root: Path, below: str = ".", name: str = "") -> AgentError:
    with pytest.raises(AgentError) as caught:
        read(root, name, below)
    return caught.value


def test_a_file_is_read_by_way_of_every_step(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.lbug").write_bytes(b"data")
    assert read(tmp_path, "x.lbug", "a/b") == b"data"


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, "x.lbug") is None


@pytest.mark.parametrize("step", ["a", "a/b", "a/b/c"])
def test_no_step_may_be_a_link(tmp_path: Path, step: str) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    link = tmp_path / step
    link.rename(tmp_path / "elsewhere")
    link.symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path, "a/b/c").code == "snapshot_directory_missing"


def test_no_step_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert refused(tmp_path, "a").code == "snapshot_directory_missing"


def test_a_missing_step_is_refused_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "lost+found").mkdir()
    error = refused(tmp_path, "a/databases")
    assert (error.code, "found lost+found" in str(error)) == ("snapshot_directory_missing", True)
    assert f"{tmp_path}/a/databases" in str(error)


def test_a_step_onto_another_filesystem_is_refused() -> None:
    error = refused(Path("/"), "proc")
    assert error.code == "snapshot_directory_missing"
    assert "something mounted over it" in str(error)


@pytest.mark.parametrize("kind", ["missing", "link", "file"])
def test_a_root_that_is_no_directory_is_an_error(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    if kind == "link":
        root.symlink_to(tmp_path)
    elif kind == "file":
        root.write_bytes(b"")
    error = refused(root)
    assert isinstance(error, ExternalFailure)
    assert error.code == "snapshot_unreadable"


def make(path: Path, kind: str) -> None:
    match kind:
        case "link to a file":
            path.with_name("target").write_bytes(b"data")
            path.symlink_to("target")
        case "dangling link":
            path.symlink_to("nowhere")
        case "link out of it":
            path.symlink_to("/etc/hostname")
        case "link to itself":
            path.symlink_to(path.name)
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)


@pytest.mark.parametrize(
    "kind",
    [
        "link to a file",
        "dangling link",
        "link out of it",
        "link to itself",
        "directory",
        "pipe",
        "socket",
    ],
)
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    make(tmp_path / "x.lbug", kind)
    error = refused(tmp_path, name="x.lbug")
    assert (error.code, error.facts) == ("snapshot_database_foreign", {"database": "x"})
    assert "x.lbug is not a regular file" in str(error)


@pytest.mark.parametrize("name", ["two\nlines", "tab\there", "-rf", "a b", "\u202egnp", "é"])
def test_a_strange_name_is_read_as_any_other(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"data")
    assert read(tmp_path, name) == b"data"


def test_an_io_error_in_the_block_is_one_of_the_volume(tmp_path: Path) -> None:
    with pytest.raises(ExternalFailure) as caught, opened_directory(tmp_path):
        raise OSError(5, "Input/output error")
    assert caught.value.code == "snapshot_unreadable"


def test_a_name_that_is_too_long_is_an_error_of_the_volume(tmp_path: Path) -> None:
    assert refused(tmp_path, name="x" * 300).code == "snapshot_unreadable"


def test_a_refusal_in_the_block_stays_one(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught, opened_directory(tmp_path):
        raise Refused("snapshot_stale", "too old")
    assert caught.value.code == "snapshot_stale"


def test_whatever_happens_nothing_stays_open(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    os.mkfifo(tmp_path / "a" / "b" / "x.lbug")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert read(tmp_path, "y.lbug", "a/b") is None
    for root, below in ((tmp_path, "a/b"), (tmp_path, "a/c"), (tmp_path, "a/b/c/d"), ("/", "proc")):
        refused(Path(root), below, "x.lbug")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("raw", [b"\xff\xfe.lbug", b"two\nlines.lbug", b"\x1b[2J.lbug"])
def test_a_listing_can_be_written_anywhere(tmp_path: Path, raw: bytes) -> None:
    """It goes into logs, onto consoles and to AWS: one line of plain text."""
    Path(os.fsdecode(bytes(tmp_path) + b"/" + raw)).touch()
    with opened_directory(tmp_path) as directory:
        listing = directory.listing()
    assert listing.isprintable()


OURS, OTHER = 1000, 4242


def status_of(mode: int, owner: int, group: int) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, owner, group, 0, 0, 0, 0))


READABLE = [
    (0o400, OURS, OTHER),
    (0o040, OTHER, OURS),
    (0o004, OTHER, OTHER),
    (0o644, 0, 0),
    (0o400, OURS, OURS),
    (0o440, 0, OURS),
]
UNREADABLE = [
    (0o044, OURS, OURS),  # the owner's bits count for the owner, even if others have more
    (0o404, OTHER, OURS),  # and the group's for the group
    (0o440, OTHER, OTHER),
    (0o600, 0, 0),
    (0o333, OURS, OURS),
    (0o000, OTHER, OTHER),
]


@pytest.mark.parametrize(("mode", "owner", "group"), READABLE)
def test_a_file_that_the_container_can_read_is_accepted(mode: int, owner: int, group: int) -> None:
    refuse_unreadable(Path("x.lbug"), status_of(stat.S_IFREG | mode, owner, group), OURS)


@pytest.mark.parametrize(("mode", "owner", "group"), UNREADABLE)
def test_a_file_that_the_container_cannot_read_is_refused(
    mode: int, owner: int, group: int
) -> None:
    with pytest.raises(Refused, match=rf"mode {mode:04o} and owner {owner}:{group}") as caught:
        refuse_unreadable(Path("x.lbug"), status_of(stat.S_IFREG | mode, owner, group), OURS)
    assert caught.value.code == "snapshot_unreadable_by_container"


@pytest.mark.parametrize("mode", [0o755, 0o705, 0o500 | 0o005])
def test_a_directory_that_can_be_read_and_entered_is_accepted(mode: int) -> None:
    refuse_unreadable(Path("databases"), status_of(stat.S_IFDIR | mode, OTHER, OTHER), OURS)


@pytest.mark.parametrize("mode", [0o750, 0o704, 0o701])
def test_a_directory_that_cannot_be_read_or_entered_is_refused(mode: int) -> None:
    with pytest.raises(Refused):
        refuse_unreadable(Path("databases"), status_of(stat.S_IFDIR | mode, OTHER, OTHER), OURS)
