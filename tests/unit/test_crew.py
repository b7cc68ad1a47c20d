"""Many reads at once: of real files, by real threads, in real time."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.support.timing import ends_within
from fakes.reads import FakeReads
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure
from ladybug_agent.resources.hydration.crew import Crew
from ladybug_agent.resources.hydration.pace import Depth, TokenBucket
from ladybug_agent.resources.hydration.pieces import Piece
from ladybug_agent.resources.hydration.reads import ReadFailure, Tally

PAGE = 4096
PIECES = 64
Hire = Callable[..., Crew]


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[int]:
    """A file of `PIECES` pages."""
    path = tmp_path / "volume"
    path.write_bytes(os.urandom(PIECES * PAGE))
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.fixture
def reads() -> Iterator[FakeReads]:
    made = FakeReads()
    yield made
    made.released.set()


@pytest.fixture
def hire(reads: FakeReads) -> Hire:
    def hired(**terms: Any) -> Crew:
        usual = {
            "deadline": Deadline.after(30, SystemClock()),
            "workers": 4,
            "stall_s": 10.0,
            "explain": explain,
            "read_at": reads,
        }
        return Crew(**{**usual, **terms})

    return hired


def explain(failure: ReadFailure) -> ExternalFailure:
    return ExternalFailure("unreadable", f"block {failure.piece.block} at {failure.at}")


def pages(handle: int, count: int = PIECES) -> list[Piece]:
    return [Piece(handle, number * PAGE, PAGE, number) for number in range(count)]


def test_every_piece_is_read_once(hire: Hire, handle: int, reads: FakeReads) -> None:
    read: list[int] = []
    tally = hire(on_read=lambda piece: read.append(piece.block)).read(pages(handle))
    assert sorted(read) == list(range(PIECES))
    assert sorted(reads.begun) == [number * PAGE for number in range(PIECES)]
    assert (tally.pieces, tally.bytes, tally.retried) == (PIECES, PIECES * PAGE, 0)
    assert tally.latencies.count == PIECES


def test_reads_begin_in_the_order_of_the_pieces(hire: Hire, handle: int) -> None:
    reads = FakeReads(takes_s=0.005)
    wanted = pages(handle)[::-1]
    hire(read_at=reads, workers=4).read(wanted)
    places = [piece.offset for piece in wanted]
    # Two threads may swap between being given a piece and reading it.
    late = [abs(at - places.index(offset)) for at, offset in enumerate(reads.begun)]
    assert max(late) < 4


def test_one_reader_keeps_the_order_exactly(hire: Hire, handle: int, reads: FakeReads) -> None:
    wanted = pages(handle)[::-1]
    hire(workers=1).read(wanted)
    assert reads.begun == [piece.offset for piece in wanted]


def test_as_many_reads_are_under_way_as_there_are_readers(hire: Hire, handle: int) -> None:
    reads = FakeReads(takes_s=0.02)
    hire(read_at=reads, workers=16).read(pages(handle))
    assert reads.most_at_once == 16


def test_nothing_to_read_is_read_at_once(hire: Hire) -> None:
    with ends_within(1):
        assert hire().read([]).pieces == 0


def test_pieces_are_asked_for_as_they_are_read(hire: Hire, handle: int) -> None:
    """The blocks of a large volume are never all in memory."""
    ahead: list[int] = []
    read = 0

    def asked_for() -> Iterator[Piece]:
        for piece in pages(handle):
            ahead.append(piece.block - read)
            yield piece

    def note(_: Piece) -> None:
        nonlocal read
        read += 1

    hire(on_read=note).read(asked_for())
    assert max(ahead) <= 4


def test_a_read_that_comes_back_short_is_gone_on_with(hire: Hire, handle: int) -> None:
    reads = FakeReads(most_bytes=1000)
    tally = hire(read_at=reads).read(pages(handle, 2))
    assert sorted(reads.begun) == [at * 1000 + n * PAGE for n in range(2) for at in range(5)]
    assert (tally.bytes, tally.pieces, tally.retried) == (2 * PAGE, 2, 0)


def test_a_read_that_fails_once_is_tried_again_and_counted(
    hire: Hire, handle: int, log_output: io.StringIO
) -> None:
    tally = hire(read_at=FakeReads(fail={3 * PAGE: 1, 7 * PAGE: 1})).read(pages(handle))
    assert (tally.pieces, tally.retried) == (PIECES, 2)
    said = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert sorted((line["event"], line["offset"], line["error"]) for line in said) == [
        ("read_failed_once", 3 * PAGE, "EIO"),
        ("read_failed_once", 7 * PAGE, "EIO"),
    ]


def test_a_read_that_fails_twice_is_explained(hire: Hire, handle: int) -> None:
    with pytest.raises(ExternalFailure, match=f"block 3 at {3 * PAGE}") as failure:
        hire(read_at=FakeReads(fail={3 * PAGE: 2})).read(pages(handle))
    assert failure.value.code == "unreadable"


def test_the_place_that_fails_is_told_and_not_where_its_piece_begins(
    hire: Hire, handle: int
) -> None:
    reads = FakeReads(most_bytes=PAGE, fail={2 * PAGE: 2})
    with pytest.raises(ExternalFailure, match=f"at {2 * PAGE}"):
        hire(read_at=reads).read([Piece(handle, 0, 8 * PAGE, 0)])


def test_two_places_of_a_piece_that_fail_once_each_are_no_failure(hire: Hire, handle: int) -> None:
    reads = FakeReads(most_bytes=PAGE, fail={0: 1, 2 * PAGE: 1})
    assert hire(read_at=reads).read([Piece(handle, 0, 4 * PAGE, 0)]).retried == 1


def test_the_end_of_what_is_read_is_a_failure(hire: Hire, handle: int) -> None:
    """The kernel sets the size of a disk that was detached to nothing: a read of it gets none."""
    with pytest.raises(ExternalFailure, match=f"at {PIECES * PAGE}"):
        hire().read([Piece(handle, (PIECES - 1) * PAGE, 2 * PAGE, 0)])


def test_after_a_failure_no_read_begins(hire: Hire, handle: int) -> None:
    reads = FakeReads(fail={0: 2}, takes_s=0.01)
    with pytest.raises(ExternalFailure):
        hire(read_at=reads).read(pages(handle))
    assert len(reads.begun) < 16


def test_reads_that_do_not_come_back_are_a_stall(
    hire: Hire, handle: int, log_output: io.StringIO
) -> None:
    reads = FakeReads(hang=frozenset({0, PAGE}))
    with ends_within(5), pytest.raises(ExternalFailure, match="2 reads of the volume") as failure:
        hire(read_at=reads, stall_s=0.5).read(pages(handle))
    assert failure.value.code == "hydration_stalled"
    assert "reads_left_behind" in log_output.getvalue()
    reads.released.set()


def test_a_read_that_hangs_holds_up_none_of_the_others(hire: Hire, handle: int) -> None:
    reads = FakeReads(hang=frozenset({0}))
    read: list[int] = []
    with pytest.raises(ExternalFailure):
        hire(read_at=reads, stall_s=0.5, on_read=lambda piece: read.append(piece.block)).read(
            pages(handle)
        )
    assert sorted(read) == list(range(1, PIECES))
    reads.released.set()


def test_slow_reads_are_no_stall(hire: Hire, handle: int) -> None:
    reads = FakeReads(takes_s=0.3)
    assert hire(read_at=reads, stall_s=1.0, workers=2).read(pages(handle, 8)).pieces == 8


def test_being_held_back_by_the_rate_is_no_stall(hire: Hire, handle: int) -> None:
    bucket = TokenBucket(2 * PAGE, SystemClock().monotonic())  # two pieces a second
    assert hire(bucket=bucket, stall_s=0.2).read(pages(handle, 3)).pieces == 3


def test_what_watches_may_be_slow_without_holding_up_a_read(hire: Hire, handle: int) -> None:
    """It may store a recording in S3: that is neither a stall nor a pause."""
    reads = FakeReads(takes_s=0.02)
    ticked: list[int] = []

    def watch(tally: Tally) -> None:
        before = tally.pieces
        SystemClock().wait(Deadline.after(0, SystemClock()).cancelled, 0.5)
        ticked.append(tally.pieces - before)

    hire(read_at=reads, stall_s=0.3, on_tick=watch, workers=2).read(pages(handle))
    assert max(ticked) > 10


def test_who_watches_is_told_about_ten_times_a_second(hire: Hire, handle: int) -> None:
    reads = FakeReads(takes_s=0.01)
    ticks: list[int] = []
    hire(read_at=reads, workers=4, on_tick=lambda tally: ticks.append(tally.pieces)).read(
        pages(handle) * 4
    )
    assert 1 <= len(ticks) <= 16  # it takes 0.64 s


def test_what_watches_can_end_it(hire: Hire, handle: int) -> None:
    def stop(_: Tally) -> None:
        raise Cancelled("cancelled", "stopped reading the volume")

    reads = FakeReads(takes_s=0.05)
    with ends_within(5), pytest.raises(Cancelled):
        hire(read_at=reads, on_tick=stop).read(pages(handle))
    assert len(reads.begun) < PIECES


def test_a_cancelled_deadline_ends_it(hire: Hire, handle: int) -> None:
    deadline = Deadline.after(30, SystemClock())
    reads = FakeReads(hang=frozenset({0}))
    with ends_within(5), pytest.raises(Cancelled):
        hire(read_at=reads, deadline=deadline, on_read=lambda _: deadline.cancel()).read(
            pages(handle)
        )
    reads.released.set()


def test_the_deadline_ends_reads_that_hang(hire: Hire, handle: int) -> None:
    reads = FakeReads(hang=frozenset({0}))
    with ends_within(5), pytest.raises(DeadlineExceeded):
        hire(read_at=reads, deadline=Deadline.after(0.3, SystemClock())).read(pages(handle))
    reads.released.set()


def test_a_read_that_comes_back_late_is_told_to_nobody(hire: Hire, handle: int) -> None:
    """The ledger that it would be noted in is closed by then."""
    told: list[int] = []
    reads = FakeReads(hang=frozenset({0}))
    with pytest.raises(ExternalFailure):
        hire(read_at=reads, stall_s=0.2, on_read=lambda piece: told.append(piece.block)).read(
            pages(handle, 1)
        )
    reads.released.set()
    with ends_within(5):
        while reads.at_once:
            SystemClock().wait(reads.released, 0.01)
    assert told == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", ["on_read", "pieces"])
def test_a_reader_that_ends_by_an_error_of_its_own_is_no_success(
    hire: Hire, handle: int, where: str
) -> None:
    def fail(_: object) -> None:
        raise IndexError

    def broken() -> Iterator[Piece]:
        yield from pages(handle, 3)
        fail(None)

    crew = hire(on_read=fail) if where == "on_read" else hire()
    with ends_within(5), pytest.raises(RuntimeError, match="error of its own"):
        crew.read(pages(handle) if where == "on_read" else broken())


@pytest.mark.parametrize("size", [1, 3])
def test_no_more_reads_are_under_way_than_the_depth_allows(
    hire: Hire, handle: int, size: int
) -> None:
    reads = FakeReads(takes_s=0.005)
    hire(read_at=reads, workers=16, depth=Depth(size, size)).read(pages(handle))
    assert reads.most_at_once == size


def test_a_depth_that_grows_lets_more_reads_begin(hire: Hire, handle: int) -> None:
    reads = FakeReads(takes_s=0.02)
    hire(read_at=reads, workers=8, depth=Depth(1, 8)).read(pages(handle) * 2)
    assert reads.most_at_once > 2


def test_the_rate_of_the_bucket_is_kept(hire: Hire, handle: int) -> None:
    clock = SystemClock()
    rate = PIECES * PAGE / 0.8  # so that all takes 0.8 s, less one burst
    began = clock.monotonic()
    tally = hire(bucket=TokenBucket(rate, began), workers=8).read(pages(handle))
    took_s = clock.monotonic() - began
    assert 0.7 < took_s < 1.2
    assert tally.held_up > 0
