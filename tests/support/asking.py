"""The mix client as a process beside us: released when we say, its answers checked."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import mix_client
from support.graph_rows import GraphSize

_TESTS = Path(mix_client.__file__).parent.parent
_PATIENCE_S = 120.0


class ClientEndedError(Exception):
    """The client did not do what it was to do; the engine refused, say."""


class WrongAnswerError(Exception):
    """The replica answered, and something else than the database holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """When the database was open and each query was asked and answered (monotonic seconds)."""

    opened: float
    asked: tuple[float, ...]
    answered: tuple[float, ...]
    digests: tuple[str, ...]

    @property
    def latencies_s(self) -> list[float]:
        return [end - start for start, end in zip(self.asked, self.answered, strict=True)]

    def check(self, truth: Answers) -> None:
        """Raise `WrongAnswerError` unless these are the truth, as far as both go."""
        pairs = zip(self.digests, truth.digests, strict=False)
        wrong = [number for number, (ours, right) in enumerate(pairs) if ours != right]
        if wrong or not self.digests:
            raise WrongAnswerError(f"of {len(self.digests)} answers these are wrong: {wrong}")


class Asking:
    """A client that has imported the engine and waits."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders = process.stdin
        self._output = process.stdout.fileno()
        self._told = b""

    def await_ready(self) -> None:
        self._await("ready")

    def release(self) -> None:
        """Let it open the database; with `pause`, the second time, let it ask."""
        self._orders.write(b"\n")
        self._orders.flush()

    def await_opened(self) -> None:
        self._await("opened")

    def stop(self) -> None:
        """Let an endless client end after the query that it has in hand."""
        self._orders.close()

    def answers(self) -> Answers:
        """Block until it has asked everything."""
        line = self._line()
        told = json.loads(self._line() if line == "opened" else line)
        opened = told.pop("opened")
        return Answers(opened=opened, **{name: tuple(values) for name, values in told.items()})

    def _await(self, word: str) -> None:
        line = self._line()
        if line != word:
            raise ClientEndedError(f"the client was to say {word!r} and said {line!r}")

    def _line(self) -> str:
        while b"\n" not in self._told:
            if not select.select([self._output], [], [], _PATIENCE_S)[0]:
                raise ClientEndedError(f"the client said nothing for {_PATIENCE_S:g} s")
            piece = os.read(self._output, 2**16)
            if not piece:
                raise ClientEndedError("the client ended; its complaint is on standard error")
            self._told += piece
        line, _, self._told = self._told.partition(b"\n")
        return line.decode()


@contextmanager
def asking(database: Path, size: GraphSize, seed: int, *options: str) -> Iterator[Asking]:
    """Start a client that is ready when this returns; at the end it is gone, whatever it does."""
    argv = [
        sys.executable, "-m", "support.mix_client", str(database),
        f"--seed={seed}", f"--entities={size.entities}", f"--topics={size.topics}",
        *options,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
    ) as process:
        try:
            client = Asking(process)
            client.await_ready()
            yield client
        finally:
            process.kill()


def ask(database: Path, size: GraphSize, seed: int, *options: str) -> Answers:
    """Open and ask one mix, or what the options say, and return the answers."""
    with asking(database, size, seed, *options) as client:
        client.release()
        return client.answers()
