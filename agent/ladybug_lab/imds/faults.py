"""What can be made to go wrong at the lab's metadata service."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_lab.serving import FaultQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class ImdsFault:
    """Status and body are both None where the true answer follows (late)."""

    path_prefix: str
    status: int | None
    body: str | None
    delay_s: float
    drop: bool


class ImdsFaults:
    """Faults for all paths below a prefix such as `/latest/api/token` or `/latest/meta-data/`."""

    def __init__(self) -> None:
        self._queue: FaultQueue[ImdsFault] = FaultQueue()

    def add(
        self,
        path_prefix: str,
        *,
        status: int | None = None,
        body: str | None = None,
        delay_s: float = 0.0,
        drop: bool = False,
        times: int | None = None,
    ) -> None:
        """Wait `delay_s`; then close the connection without a word (`drop`), or answer.

        The answer is `status` with `body` (a bare body means 200), or the true one if neither is
        given. `times=None` means for ever.
        """
        fault = ImdsFault(
            path_prefix=path_prefix, status=status, body=body, delay_s=delay_s, drop=drop
        )
        self._queue.add(fault, times=times)

    def clear(self) -> None:
        self._queue.clear()

    def take(self, path: str) -> ImdsFault | None:
        return self._queue.take(lambda fault: path.startswith(fault.path_prefix))
