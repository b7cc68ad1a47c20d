"""The programs that a run is helped by: begun at a moment, waited for, and gone at the end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PATIENCE_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command line; one that `waits` loads, says `ready`, and begins when its input ends."""

    argv: list[str]
    waits: bool = False


class Helper:
    """A program of which the part that is not measured is over."""

    def __init__(self, program: Program) -> None:
        self._argv = program.argv
        self._process = self._started(subprocess.PIPE) if program.waits else None
        if self._process is not None:
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n", program.argv

    def begin(self) -> None:
        if self._process is None:
            self._process = self._started(subprocess.DEVNULL)
        elif self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> None:
        """Block until its good end; raise `CalledProcessError` if it ends otherwise."""
        assert self._process is not None
        status = self._process.wait(_PATIENCE_S)
        if status != 0:
            raise subprocess.CalledProcessError(status, self._argv)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:  # closes its pipes and reaps it
                pass

    def _started(self, channel: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._argv, stdin=channel, stdout=channel)


@contextmanager
def helper(program: Program) -> Iterator[Helper]:
    """Prepare a program; at the end it is gone, whatever it does."""
    it = Helper(program)
    try:
        yield it
    finally:
        it.end()


def run(program: Program) -> None:
    """Run it to its good end."""
    with helper(program) as it:
        it.begin()
        it.wait()
