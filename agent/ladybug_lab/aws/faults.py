"""What can be made to go wrong at the emulated AWS."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ladybug_lab.aws.wire import ApiCall
from ladybug_lab.serving import FaultQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsFault:
    """`code` is None where the true answer follows (late)."""

    operation: str
    code: str | None
    status: int
    message: str
    delay_s: float
    drop: bool


class AwsFaults:
    """Faults by operation (`DescribeVolumes`), or by service and operation (`dynamodb:*`)."""

    def __init__(self) -> None:
        self._queue: FaultQueue[AwsFault] = FaultQueue()

    def add(  # noqa: PLR0913 - every part of a fault has a name and a default
        self,
        operation: str,
        *,
        code: str | None = None,
        status: int = 400,
        message: str = "injected",
        delay_s: float = 0.0,
        drop: bool = False,
        times: int | None = None,
    ) -> None:
        """Wait `delay_s`; then close the connection without a word (`drop`), or answer.

        The answer is the error `code`, or the true one without it. `times=None` means for ever.
        """
        fault = AwsFault(
            operation=operation,
            code=code,
            status=status,
            message=message,
            delay_s=delay_s,
            drop=drop,
        )
        self._queue.add(fault, times=times)

    def clear(self) -> None:
        self._queue.clear()

    def take(self, call: ApiCall) -> AwsFault | None:
        names = (call.operation, f"{call.service}:{call.operation}")
        return self._queue.take(
            lambda fault: any(fnmatchcase(name, fault.operation) for name in names)
        )
