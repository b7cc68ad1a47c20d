"""Planted secrets never survive, in any text, cut anywhere; ids always do; and it takes no time."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.redaction.stream import RedactedStream
from support.arbitrary import inputs
from support.canaries import BY_SHAPE, HARMLESS, KNOWN, dresses

MEGABYTES = 10
SECONDS = 20.0
"""For 10 MB of the worst that was found; a pattern that goes wrong takes hours."""
FILLERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SEPARATORS = st.sampled_from([" ", "\n", ", ", '"', "'", "\t", " = ", "\n\n", "|"])
CASES = [(text, parts) for text, parts in BY_SHAPE.items()] + [
    (text, (secret, text[10:24])) for secret in KNOWN for text in dresses(secret).values()
]
HEX = st.text("0123456789abcdef", min_size=1, max_size=64)


def streamed(text: str, cuts: list[int]) -> str:
    told: list[str] = []
    stream = RedactedStream(Redactor(KNOWN), told.append)
    data, at = text.encode(), 0
    for size in cuts:
        stream.feed(data[at : at + size])
        at += size
    stream.feed(data[at:])
    stream.finish()
    return "".join(told)


@given(
    FILLERS, SEPARATORS, st.sampled_from(CASES), SEPARATORS, FILLERS, st.lists(st.integers(0, 40))
)
@inputs(1500)
def test_a_planted_secret_never_survives(
    before: str, gap: str, case: tuple[str, tuple[str, ...]], after: str, rest: str, cuts: list[int]
) -> None:  # fmt: skip
    text = f"{before}{gap}{case[0]}{after}{rest}"
    told = streamed(text, cuts)
    assert told == Redactor(KNOWN).text(text)
    assert [part for part in case[1] if part in told and part not in before + rest] == []


@given(st.uuids(), HEX, st.sampled_from(HARMLESS), SEPARATORS)
@inputs(500)
def test_ids_and_digests_always_survive(uuid: object, digits: str, text: str, gap: str) -> None:
    line = f"{text}\n{uuid}{gap}sha256:{digits.zfill(64)}{gap}snap-{digits}{gap}{digits}"
    assert Redactor(KNOWN).text(line) == line


@given(st.text(max_size=200))
@inputs(500)
def test_any_text_is_taken(text: str) -> None:
    once = Redactor(KNOWN).text(text)
    assert Redactor(KNOWN).text(once) == once


WORST = (
    "a", "password", "password=", 'password="', 'password=\\"', "password=\\", "\\", '"', "://",
    "://a", "a@", "A", "AKIA", "eyJ", "eyJ.", "-----BEGIN", "-----BEGIN X-----", "-----", "Bearer ",
    "basic a", "Authorization: ", "x=&y", "token=a&b", "a=", "a.b-", " ", "arn:aws:", "--key a ",
    "aB3/dE5+gH7x ", "password=a\n", "cookie=\\", "%3D",
)  # fmt: skip


@pytest.mark.parametrize("piece", WORST)
def test_no_text_takes_long(piece: str) -> None:
    size = MEGABYTES * 1024 * 1024 // 10
    text = (piece * (size // len(piece) + 1))[:size]
    started = perf_counter()
    Redactor(KNOWN).text(text)
    assert perf_counter() - started < SECONDS / 10


def test_ten_megabytes_of_a_journal_take_seconds() -> None:
    line = 'Nov 28 18:00:00 host ladybug-agent[1]: {"event": "step_done", "key": "a=1&b=2"}\n'
    lines = "".join(f"{line}{text}\n" for text in BY_SHAPE)
    started = perf_counter()
    streamed(lines * (MEGABYTES * 1024 * 1024 // len(lines)), [65536] * 200)
    assert perf_counter() - started < SECONDS
