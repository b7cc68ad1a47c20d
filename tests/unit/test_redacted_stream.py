"""A stream says the same as its text would, wherever its chunks were cut, in bounded memory."""

from __future__ import annotations

import pytest

from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.redaction.stream import CUT, LINE_CHARS, RedactedStream
from support.canaries import BY_SHAPE, KNOWN, PEM, PEM_BODY, SECRET_KEY


def streamed(data: bytes, size: int) -> str:
    """Return what comes out of a stream that is fed so many bytes at a time."""
    parts: list[str] = []
    stream = RedactedStream(Redactor(KNOWN), parts.append)
    for at in range(0, len(data), size):
        stream.feed(data[at : at + size])
    stream.finish()
    return "".join(parts)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 4096])
def test_where_the_chunks_are_cut_makes_no_difference(size: int) -> None:
    text = "\n".join([*BY_SHAPE, f"a loaded one: {SECRET_KEY}", "\u00e4\u00f6 end"])
    assert streamed(text.encode(), size) == Redactor(KNOWN).text(text)


def test_a_line_goes_through_as_soon_as_it_has_ended() -> None:
    parts: list[str] = []
    stream = RedactedStream(Redactor(()), parts.append)
    stream.feed(b"first\nsec")
    assert parts == ["first\n"]
    stream.finish()
    assert parts == ["first\n", "sec"]


def test_a_block_is_held_back_until_it_has_ended() -> None:
    parts: list[str] = []
    stream = RedactedStream(Redactor(()), parts.append)
    for line in f"before\n{PEM}\nafter\n".splitlines(keepends=True):
        stream.feed(line.encode())
    assert "".join(parts) == "before\n[redacted]\nafter\n"


def test_a_block_without_an_end_does_not_hold_the_rest_for_ever() -> None:
    text = "-----BEGIN KEY-----\n" + "abc\n" * 20_000
    told = streamed(text.encode(), 1000)
    assert told.startswith("[redacted]")
    assert len(told) > len(text) - 17_000


def test_a_line_without_an_end_is_cut_before_what_may_be_half_a_secret() -> None:
    text = "x " * (LINE_CHARS // 2 - 10) + SECRET_KEY + " y" * LINE_CHARS + "\nnext\n"
    told = streamed(text.encode(), 5000)
    assert told.endswith(f"{CUT}\nnext\n")
    assert SECRET_KEY[:8] not in told
    assert len(told) < LINE_CHARS * 2


@pytest.mark.parametrize("before", range(81_800, 82_000, 7))
def test_no_half_of_a_secret_is_left_at_the_cut(before: int) -> None:
    told = streamed(f"{'. ' * (before // 2)}{SECRET_KEY} {PEM_BODY[0]}\n".encode(), 997)
    assert SECRET_KEY[:6] not in told
