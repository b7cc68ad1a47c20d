"""Which blocks have been read, kept in a file: nothing is read twice, and nothing left out."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ladybug_agent.resources.hydration.ledger import (
    HEADER,
    MAGIC,
    VERSION,
    BlockLedger,
    opened_ledger,
)

BLOCKS = 100
ALL = (range(BLOCKS),)
VOLUME = "vol-0123456789abcdef0"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledgers" / f"{VOLUME}.blocks"


@contextmanager
def opened(path: Path, volume_id: str = VOLUME, blocks: int = BLOCKS) -> Iterator[BlockLedger]:
    with opened_ledger(path, volume_id, blocks) as ledger:
        yield ledger


def mark(path: Path, *blocks: int) -> None:
    with opened(path) as ledger:
        for block in blocks:
            ledger.mark_read(block)


def read_before(path: Path) -> int:
    with opened(path) as ledger:
        return ledger.read(ALL)


def test_at_first_nothing_has_been_read(path: Path) -> None:
    with opened(path) as ledger:
        assert (ledger.touched(ALL), ledger.read(ALL)) == (0, 0)
        assert list(ledger.unread(ALL)) == list(range(BLOCKS))


def test_what_was_read_is_not_read_again(path: Path) -> None:
    mark(path, 3, 50, 99)
    with opened(path) as ledger:
        assert ledger.read(ALL) == 3
        assert list(ledger.unread(ALL)) == [n for n in range(BLOCKS) if n not in {3, 50, 99}]


def test_what_was_touched_in_part_is_read_last(path: Path) -> None:
    with opened(path) as ledger:
        ledger.mark_touched(3)
        ledger.mark_read(5)
        assert (ledger.touched(ALL), ledger.read(ALL)) == (2, 1)
        assert list(ledger.unread(ALL)) == [*(n for n in range(BLOCKS) if n not in {3, 5}), 3]


def test_a_touch_does_not_undo_a_read(path: Path) -> None:
    with opened(path) as ledger:
        ledger.mark_read(5)
        ledger.mark_touched(5)
        assert ledger.read(ALL) == 1


def test_only_the_blocks_that_are_asked_for_count(path: Path) -> None:
    with opened(path) as ledger:
        for block in (0, 10, 11, 50):
            ledger.mark_read(block)
        spans = (range(10, 13), range(40, 42))
        assert (ledger.read(spans), list(ledger.unread(spans))) == (2, [12, 40, 41])


def test_what_is_read_meanwhile_is_yielded_once(path: Path) -> None:
    yielded = []
    with opened(path) as ledger:
        for block in ledger.unread(ALL):
            yielded.append(block)
            ledger.mark_read(block)
        assert list(ledger.unread(ALL)) == []
    assert yielded == list(range(BLOCKS))


def test_two_at_once_see_the_same_marks(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        one.mark_read(7)
        assert other.read(ALL) == 1


def foreign(volume_id: str = VOLUME, blocks: int = BLOCKS, **how: object) -> bytes:
    header = HEADER.pack(
        how.get("magic", MAGIC), how.get("version", VERSION), blocks, volume_id.encode()
    )
    return header + b"\2" * BLOCKS


@pytest.mark.parametrize(
    "content",
    [
        foreign("vol-0fedcba9876543210"),
        foreign(blocks=BLOCKS + 1),
        foreign(magic=b"LBHM"),
        foreign(version=VERSION + 1),
        foreign()[:-1],
        foreign() + b"\2",
        foreign()[:20],
        b"",
        bytes(HEADER.size + BLOCKS),
    ],
    ids=[
        "of another volume",
        "of a volume of another size",
        "something else",
        "of another version",
        "cut off",
        "too long",
        "cut off in its header",
        "empty",
        "all zeros",
    ],
)
def test_a_ledger_that_cannot_be_gone_by_is_begun_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_before(path) == 0
    mark(path, 1)
    assert read_before(path) == 1


def test_a_volume_that_grew_is_read_again(path: Path) -> None:
    mark(path, 1)
    with opened(path, blocks=2 * BLOCKS) as ledger:
        assert ledger.read((range(2 * BLOCKS),)) == 0


def test_a_volume_without_a_block_has_a_ledger(path: Path) -> None:
    with opened(path, blocks=0) as ledger:
        assert list(ledger.unread(())) == []


def test_the_ledger_is_for_root_alone(path: Path) -> None:
    mark(path, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_ledger_is_not_sparse(path: Path) -> None:
    """A hole that a full disk cannot fill would end the process at the first mark."""
    with opened(path, blocks=2**20):
        assert path.stat().st_blocks * 512 >= 2**20


def test_a_ledger_that_nobody_can_write_is_kept_in_memory(
    tmp_path: Path, log_output: io.StringIO
) -> None:
    (tmp_path / "ledgers").write_text("in the way of the directory")
    path = tmp_path / "ledgers" / "v.blocks"
    with opened(path) as ledger:
        ledger.mark_read(1)
        assert ledger.read(ALL) == 1
    assert read_before(path) == 0
    assert "ledger_not_kept" in log_output.getvalue()


@pytest.mark.parametrize("what", ["link", "directory", "fifo"])
def test_what_is_no_file_is_left_alone(path: Path, what: str) -> None:
    path.parent.mkdir()
    target = path.parent / "target"
    target.write_bytes(b"somebody else's")
    if what == "link":
        path.symlink_to(target)
    elif what == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    with opened(path) as ledger:
        ledger.mark_read(1)
        assert ledger.read(ALL) == 1
    assert target.read_bytes() == b"somebody else's"


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow further, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_on_a_full_disk_the_ledger_is_kept_in_memory(path: Path) -> None:
    with files_of_at_most(HEADER.size), opened(path) as ledger:
        for block in range(BLOCKS):
            ledger.mark_read(block)
        assert ledger.read(ALL) == BLOCKS
    assert read_before(path) == 0


WRITER = """
    import sys
    from pathlib import Path
    from ladybug_agent.resources.hydration.ledger import opened_ledger

    with opened_ledger(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])) as ledger:
        for block in range(int(sys.argv[3])):
            ledger.mark_read(block)
            print(block, flush=True)
        sys.stdin.read()
"""


def test_a_process_that_is_killed_loses_nothing_that_it_marked(path: Path) -> None:
    argv = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), VOLUME, str(BLOCKS)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(BLOCKS // 2):
            last = int(writer.stdout.readline())
        writer.kill()
    with opened(path) as ledger:
        assert ledger.read((range(last + 1),)) == last + 1


def test_of_two_that_find_none_neither_loses_a_mark(path: Path) -> None:
    """Both begin one at the same moment: the boot, and an operator's `hydrate plan`."""
    argv = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), VOLUME, str(BLOCKS)]
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(4)
        ]
        for writer in writers:
            writer.communicate()
    assert [writer.returncode for writer in writers] == [0] * 4
    assert read_before(path) == BLOCKS
