"""The only door to subprocesses, with real programs behind it."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Timer

import pytest

from contract.support.programs import FakePrograms
from contract.support.timing import ends_within
from ladybug_agent.adapters.commands import (
    LOOK_EVERY_S,
    OUTPUT_CHARS,
    run_command,
    stream_command,
)
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure

LONG = "300"


def shell(script: str, deadline: Deadline) -> str:
    return run_command(["sh", "-c", script], deadline=deadline).stdout


def soon(seconds: float) -> Deadline:
    return Deadline.after(seconds, SystemClock())


def is_running(pid: int) -> bool:
    """Return whether the process still runs; a zombie that nobody has reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def assert_ends(*pids: int) -> None:
    patience = soon(2)
    while any(is_running(pid) for pid in pids):
        patience.check("the processes to end")
        time.sleep(0.01)


def test_output_errors_and_status_come_back_apart(deadline: Deadline) -> None:
    result = run_command(["sh", "-c", "echo out; echo err >&2"], deadline=deadline)
    assert (result.status, result.stdout, result.stderr) == (0, "out\n", "err\n")


def test_arguments_are_passed_without_a_shell(deadline: Deadline) -> None:
    text = "a b; $(echo c) *"
    assert run_command(["printf", "%s", text], deadline=deadline).stdout == text


def test_stdin_is_closed(deadline: Deadline) -> None:
    assert shell("cat; echo end", deadline) == "end\n"


def test_messages_are_in_english_and_in_utf_8(
    deadline: Deadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    assert shell("echo $LC_ALL $LANGUAGE größer", deadline) == "C.UTF-8 größer\n"


def test_output_that_is_no_text_is_kept_as_far_as_possible(deadline: Deadline) -> None:
    assert shell("printf 'a\\377b'", deadline) == "a\N{REPLACEMENT CHARACTER}b"


def test_programs_are_found_on_the_path(deadline: Deadline, programs: FakePrograms) -> None:
    programs.add("ladybug-made-up", stdout="found")
    assert run_command(["ladybug-made-up"], deadline=deadline).stdout == "found"


@pytest.mark.parametrize("argv", [["ladybug-no-such-program"], ["/nowhere/program"]])
def test_a_missing_program_is_named(deadline: Deadline, argv: list[str]) -> None:
    with pytest.raises(ExternalFailure, match=f"`{argv[0]}`, found no such program") as failure:
        run_command(argv, deadline=deadline)
    assert failure.value.code == "command_missing"


def test_a_program_that_may_not_be_run_counts_as_missing(
    deadline: Deadline, programs: FakePrograms
) -> None:
    programs.write("ladybug-made-up", "echo no", mode=0o644)
    with pytest.raises(ExternalFailure) as failure:
        run_command(["ladybug-made-up"], deadline=deadline)
    assert failure.value.code == "command_missing"


def test_a_bad_status_is_an_error_that_says_what_was_run_and_what_it_said(
    deadline: Deadline,
) -> None:
    with pytest.raises(ExternalFailure) as failure:
        run_command(["sh", "-c", "echo one; echo two >&2; exit 3", "x y"], deadline=deadline)
    assert (failure.value.code, failure.value.facts) == ("command_failed", {"status": 3})
    assert str(failure.value) == (
        "`sh -c 'echo one; echo two >&2; exit 3' 'x y'` ended with status 3: one / two"
    )


def test_only_the_last_lines_are_in_the_error(deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure) as failure:
        shell("seq 1 100; exit 1", deadline)
    said = str(failure.value).rpartition(": ")[2].split(" / ")
    assert said == [str(number) for number in range(81, 101)]


def test_a_silent_failure_is_said_to_be_silent(deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure, match="ended with status 1: no output"):
        run_command(["false"], deadline=deadline)


def test_the_signal_that_ended_a_program_is_named(deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure, match="ended with signal SIGSEGV"):
        shell("kill -SEGV $$", deadline)


def test_a_status_can_be_declared_good(deadline: Deadline) -> None:
    good = frozenset({0, 2})
    assert run_command(["sh", "-c", "exit 2"], deadline=deadline, good=good).status == 2
    with pytest.raises(ExternalFailure):
        run_command(["sh", "-c", "exit 1"], deadline=deadline, good=good)


def test_long_output_is_cut_and_does_not_block_the_program(deadline: Deadline) -> None:
    script = "head -c 1000000 /dev/zero | tr '\\0' x; echo end >&2"
    result = run_command(["sh", "-c", script], deadline=deadline)
    assert (len(result.stdout), result.stderr) == (OUTPUT_CHARS, "end\n")


def test_a_short_program_is_not_waited_for_longer_than_it_runs(deadline: Deadline) -> None:
    runs = 10
    with ends_within(runs * LOOK_EVERY_S / 2):
        for _ in range(runs):
            run_command(["true"], deadline=deadline)


def test_the_deadline_ends_the_program_and_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep {LONG} & echo $! $$ > {pids}; wait"
    with ends_within(1.5), pytest.raises(DeadlineExceeded, match="sh -c"):
        shell(script, soon(0.3))
    assert_ends(*(int(pid) for pid in pids.read_text().split()))


def test_a_child_that_outlives_the_program_is_ended_by_the_deadline(tmp_path: Path) -> None:
    """It holds the program's output open, so that there is no end to read to."""
    pid = tmp_path / "pid"
    with ends_within(1.5), pytest.raises(DeadlineExceeded):
        shell(f"sleep {LONG} & echo $! > {pid}; exit 0", soon(0.3))
    assert_ends(int(pid.read_text()))


def test_a_program_that_ignores_signals_is_ended_all_the_same(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"trap '' TERM INT HUP; echo $$ > {pid}; while :; do sleep 0.1; done"
    with ends_within(1.5), pytest.raises(DeadlineExceeded):
        shell(script, soon(0.3))
    assert_ends(int(pid.read_text()))


def test_cancelling_ends_the_program_at_once(deadline: Deadline) -> None:
    timer = Timer(0.2, deadline.cancel)
    timer.start()
    with ends_within(1), pytest.raises(Cancelled):
        run_command(["sleep", LONG], deadline=deadline)
    timer.join()


def test_nothing_is_started_when_the_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(DeadlineExceeded):
        run_command(["touch", str(tmp_path / "started")], deadline=soon(0))
    assert list(tmp_path.iterdir()) == []


class Taker:
    """Takes what a program prints, up to a number of bytes."""

    def __init__(self, most: int = 10**9) -> None:
        self.data = b""
        self.most = most

    def __call__(self, data: bytes) -> bool:
        self.data += data
        return len(self.data) < self.most


def test_a_streamed_command_passes_on_output_and_errors_as_they_come(deadline: Deadline) -> None:
    taker = Taker()
    script = "echo out; echo err >&2; exit 3"
    assert stream_command(["sh", "-c", script], taker, deadline=deadline) == 3
    assert sorted(taker.data.split()) == [b"err", b"out"]


def test_a_streamed_command_is_ended_when_there_is_enough(deadline: Deadline) -> None:
    taker = Taker(most=1_000_000)
    with ends_within(5):
        stream_command(["yes", "for ever"], taker, deadline=deadline)
    assert 1_000_000 <= len(taker.data) < 1_200_000


@pytest.mark.parametrize("script", [f"sleep {LONG} & sleep {LONG}", "yes"])
def test_a_streamed_command_that_does_not_end_is_killed_at_the_deadline(script: str) -> None:
    with ends_within(5), pytest.raises(DeadlineExceeded):
        stream_command(["sh", "-c", script], lambda _: True, deadline=soon(0.3))


def test_a_streamed_command_that_closes_its_output_and_stays_is_killed_too() -> None:
    script = f"exec >&- 2>&-; sleep {LONG}"
    with ends_within(5), pytest.raises(DeadlineExceeded):
        stream_command(["sh", "-c", script], lambda _: True, deadline=soon(0.3))


def test_a_taker_that_fails_leaves_no_program_behind(deadline: Deadline) -> None:
    def take(data: bytes) -> bool:
        raise OSError(data.decode())

    with pytest.raises(OSError, match=r"^\d+") as caught:
        stream_command(["sh", "-c", f"echo $$; exec sleep {LONG}"], take, deadline=deadline)
    assert_ends(int(str(caught.value)))


def test_a_streamed_program_that_is_not_there_is_a_failure_of_ours(deadline: Deadline) -> None:
    with pytest.raises(ExternalFailure, match="found no such program") as caught:
        stream_command(["no-such-program"], lambda _: True, deadline=deadline)
    assert caught.value.code == "command_missing"
