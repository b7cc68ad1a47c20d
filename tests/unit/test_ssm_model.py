"""The model of what Systems Manager keeps, at its limits."""

from __future__ import annotations

import pytest

from support.ssm import invocation


@pytest.mark.parametrize("size", [0, 1, 23_999])
def test_what_is_shorter_is_whole(size: int) -> None:
    assert invocation(b"a" * size).output == "a" * size


@pytest.mark.parametrize("size", [24_000, 24_001, 10**6])
def test_the_mark_counts_towards_the_limit(size: int) -> None:
    told = invocation(b"a" * size).output
    assert told == "a" * 23_980 + "--output truncated--"


def test_standard_error_has_a_limit_of_its_own() -> None:
    told = invocation(b"out", b"e" * 8000)
    assert (told.output, len(told.error)) == ("out", 8000)
    assert told.error.endswith("--output truncated--")


def test_a_character_may_be_torn() -> None:
    told = invocation("\u00e4".encode() * 12_000)
    assert "\ufffd" not in told.output
    assert "\ufffd" in invocation(b"a" + "\u00e4".encode() * 12_000).output


def test_both_streams_share_the_combined_field() -> None:
    assert invocation(b"out", b"err").combined == "out\n----------ERROR-------\nerr"
    long = invocation(b"o" * 5000, b"e" * 5000).combined
    assert len(long) <= 2400
    assert long.startswith("o" * 1100)
    assert long.endswith("\n---Error truncated----")
    assert invocation(b"o" * 5000, b"e").combined.endswith("ERROR-------\ne")
    assert invocation(b"o", b"e" * 5000).combined.startswith("o\n----------ERROR-------\neee")


@pytest.mark.parametrize(
    ("status", "told"), [(194, "Reboot"), (168, "Success"), (169, "Failed"), (137, "Cancelled")]
)
def test_some_statuses_have_a_meaning_of_their_own(status: int, told: str) -> None:
    assert invocation(b"", status=status).status == told
