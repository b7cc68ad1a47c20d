"""The kernel's own messages: `/dev/kmsg`, one record a read (dev-kmsg, kernel ABI docs)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from ladybug_agent.adapters.kernel_records import KMSG, parse_record, records

log = structlog.get_logger(__name__)


class KmsgKernelLog:
    """Says nothing where the log cannot be read: it only ever adds to an error's text."""

    def __init__(self, path: Path = KMSG) -> None:
        self._path = path

    @contextmanager
    def follow(self) -> Iterator[Callable[[], tuple[str, ...]]]:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            log.debug("kernel_log_not_read", path=str(self._path), error=str(error))
            yield lambda: ()
            return
        try:
            with suppress(OSError):  # a console in its place has no end to go to
                os.lseek(handle, 0, os.SEEK_END)
            yield lambda: tuple(_messages(handle))
        finally:
            os.close(handle)


def _messages(handle: int) -> Iterator[str]:
    """Yield what has been written since the last read."""
    for record in records(handle):
        yield parse_record(record.decode(errors="replace"))
