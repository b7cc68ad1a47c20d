"""Inputs as nobody would write them: half right, half anything.

Choices are spelled by bytes: that is several times cheaper than a strategy for each of them, and
ten thousand inputs must not take longer than the rest of the unit tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

T = TypeVar("T")

TEXT = st.binary(max_size=40).map(lambda data: data.decode(errors="surrogateescape"))
"""With what is no character: surrogates, as they stand for bytes that are no UTF-8."""
GARBAGE: tuple[object, ...] = (
    None, True, -1, 0, 1.5, float("nan"), float("inf"), 10**400, "", "x", "\0", "\ud800", "-5",
    "9" * 5000, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-06", [], {},
    [[]], [None], ["x"], {"": None}, {"x": "y"}, {"0": "a" * 64}, [{}], "a" * 64, 2**63, 4096,
)  # fmt: skip
RIGHT_BELOW, LEFT_OUT_BELOW = 170, 180


def inputs(count: int) -> settings:
    """Try so many inputs, the same in each run: a failure that comes and goes helps nobody."""
    return settings(max_examples=count, deadline=None, derandomize=True, database=None)


def some_of(choices: Sequence[T], most: int) -> st.SearchStrategy[list[T]]:
    """Return up to `most` of the choices, in any order and more than once."""
    return st.binary(max_size=most).map(lambda data: [choices[b % len(choices)] for b in data])


def spelled(spelling: bytes, right: Mapping[str, object]) -> dict[str, object]:
    """Return the document with a field left out or turned to garbage, one byte for each field."""
    document = {}
    for byte, (key, value) in zip(spelling, right.items(), strict=False):
        if byte < RIGHT_BELOW:
            document[key] = value
        elif byte >= LEFT_OUT_BELOW:
            document[key] = GARBAGE[byte % len(GARBAGE)]
    return document


def partly(right: Mapping[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """Return the document with any of its fields wrong."""
    size = len(right)
    return st.binary(min_size=size, max_size=size).map(lambda data: spelled(data, right))
