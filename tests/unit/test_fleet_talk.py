"""What the operator tools say while they wait, when they warn, and when they are interrupted."""

from __future__ import annotations

import io

import pytest

from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, describe
from ladybug_fleet.leaving import left_alone
from ladybug_fleet.notices import complain, warn
from ladybug_fleet.patience import look_until
from ladybug_fleet.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_log_a_line_comes_when_it_changes_and_once_a_minute() -> None:
    clock, stream = FakeClock(), io.StringIO()
    progress = Progress(clock, stream)
    for seconds, text in ((0, "one"), (10, "one"), (10, "two"), (30, "two"), (30, "two")):
        clock.advance(seconds)
        progress.show(text)
    progress.close()
    assert stream.getvalue().splitlines() == ["[00:00] one", "[00:20] two", "[01:20] two"]


def test_on_a_terminal_there_is_one_line_that_changes() -> None:
    clock, stream = FakeClock(), Terminal()
    progress = Progress(clock, stream)
    progress.show("one")
    progress.show("two")
    progress.close()
    progress.close()
    assert stream.getvalue() == "\r\x1b[K[00:00] one\r\x1b[K[00:00] two\n"


def test_a_line_longer_than_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Progress(FakeClock(), stream).show("x" * 100)
    assert stream.getvalue() == "\r\x1b[K[00:00] " + "x" * 11


def test_an_interruption_says_that_aws_goes_on_and_how_to_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), left_alone("Run it again."):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == (
        "\nladybug-fleet: no longer looking; what was begun in AWS goes on. Run it again.\n"
    )


def test_a_warning_is_an_annotation_in_a_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    warn("50 %\nmore", {"GITHUB_ACTIONS": "true"})
    complain("no", {"GITHUB_ACTIONS": "true"})
    warn("old", {})
    assert capsys.readouterr().err.splitlines() == [
        "::warning::50 %25%0Amore",
        "::error::no",
        "ladybug-fleet: warning: old",
    ]


def test_aws_out_of_reach_until_the_end_is_what_the_error_says() -> None:
    def look() -> None:
        raise ExternalFailure("aws_throttled", "still throttled")

    with pytest.raises(DeadlineExceeded) as caught:
        look_until(look, "the fleet", deadline=Deadline.after(60, FakeClock()))
    assert describe(caught.value).startswith("aws_not_answering: ran out of time")
