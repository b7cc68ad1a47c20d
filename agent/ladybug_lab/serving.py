"""What the lab's servers share: a thread to serve in, and faults that apply a number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from socketserver import BaseServer
from threading import Lock, Thread
from typing import Generic, TypeVar

F = TypeVar("F")

# How long `stop` may wait for the serving loop; the standard 0.5 s is most of a short test.
_POLL_S = 0.02


def serve_in_background(server: BaseServer, name: str) -> Callable[[], None]:
    """Serve from a daemon thread. The answer stops the server and frees its port; call it freely.

    Connections that are open at that moment belong to the server's own threads, not to the loop.
    """
    thread = Thread(target=server.serve_forever, args=(_POLL_S,), name=name, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return stop


@dataclass(slots=True, kw_only=True)
class _Planned(Generic[F]):
    fault: F
    left: int | None  # None: for ever


class FaultQueue(Generic[F]):
    """Faults in the order they were added; of those that apply, the first that is left is used.

    So "twice a 503, then garbage" is written as two faults for the same target.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._planned: list[_Planned[F]] = []

    def add(self, fault: F, *, times: int | None) -> None:
        with self._lock:
            self._planned.append(_Planned(fault=fault, left=times))

    def take(self, applies: Callable[[F], bool]) -> F | None:
        """Use one fault up by one, if any applies."""
        with self._lock:
            for planned in self._planned:
                if planned.left != 0 and applies(planned.fault):
                    if planned.left is not None:
                        planned.left -= 1
                    return planned.fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
