"""What is loaded: its blocks, and which file a read that failed was of."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from fakes.hydration import FakeLayout
from fakes.loading import PAGES_A_BLOCK, an_open_source
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import BLOCK_BYTES, PAGE_BYTES
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.reads import ReadFailure
from ladybug_agent.resources.hydration.source import OpenSource, opened_source

DATABASES = {"sec": 3 * PAGES_A_BLOCK, "industry": 2 * PAGES_A_BLOCK}


def explained(opened: OpenSource, piece: Piece, at: int | None = None) -> ExternalFailure:
    error = OSError(errno.EIO, os.strerror(errno.EIO))
    where = piece.offset if at is None else at
    return opened.explain(ReadFailure(piece=piece, at=where, error=error))


def test_a_read_of_a_file_is_named_by_file_and_byte(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        piece = Piece(opened.databases[1].file.handle, 40_960, 8192, 3)
        failure = explained(opened, piece, at=45_056)
    assert (failure.code, failure.facts) == ("hydration_read_failed", {"block": 3})
    assert str(failure) == (
        f"cannot read {tmp_path}/volume/databases/industry.lbug at byte 45056 of"
        " vol-0123456789abcdef0, twice: Input/output error"
    )


def test_a_read_of_the_device_is_named_by_the_file_that_lies_there(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        (piece,) = opened.pieces([4])
        failure = explained(opened, piece)
    assert f"industry.lbug at byte {BLOCK_BYTES} or later of vol" in str(failure)


def test_a_read_where_no_file_lies_is_named_by_its_place(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        (piece,) = opened.pieces([100])
        failure = explained(opened, piece)
    assert f"cannot read byte {100 * BLOCK_BYTES} of the device of vol" in str(failure)


def test_the_rest_is_the_blocks_of_the_databases(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        assert opened.rest().blocks == (range(5),)
        assert opened.rest(whole_device=True).count == DISK.size_bytes // BLOCK_BYTES


def test_blocks_are_read_whole_but_for_the_last_of_the_device(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        short = replace(DISK, size_bytes=10 * BLOCK_BYTES + PAGE_BYTES)
        pinned = FakeBlockDevices(FakeClock(), short).pinned_device(short)
        small = replace(opened, source=replace(opened.source, pinned=pinned))
        assert small.source.blocks == 11
        assert [(p.offset, p.length, p.block) for p in small.pieces([0, 10])] == [
            (0, BLOCK_BYTES, 0),
            (10 * BLOCK_BYTES, PAGE_BYTES, 10),
        ]


def test_what_was_read_is_known_when_it_is_opened_again(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        opened.ledger.mark_read(3)
    with an_open_source(tmp_path, DATABASES) as opened:
        assert list(opened.ledger.unread(opened.rest().blocks)) == [0, 1, 2, 4]


def test_a_disk_that_is_gone_cannot_be_opened(tmp_path: Path) -> None:
    with an_open_source(tmp_path, DATABASES) as opened:
        devices = FakeBlockDevices(FakeClock())
        pinned = devices.pinned_device(DISK)
        devices.present.clear()
        source = replace(opened.source, pinned=pinned)
    with pytest.raises(ExternalFailure) as failure, opened_source(source, FakeLayout(), tmp_path):
        pytest.fail("it was opened")
    assert failure.value.code == "device_gone"
