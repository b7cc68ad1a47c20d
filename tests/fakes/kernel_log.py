"""The kernel's messages, as whoever follows them reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class FakeKernelLog:
    """Disks and mounts write to it; one that is not `readable` says nothing to anybody."""

    def __init__(self, *lines: str, readable: bool = True) -> None:
        self.lines = list(lines)
        self._readable = readable

    @contextmanager
    def follow(self) -> Iterator[Callable[[], tuple[str, ...]]]:
        read = len(self.lines)

        def since() -> tuple[str, ...]:
            nonlocal read
            begin, read = read, len(self.lines)
            return tuple(self.lines[begin:read]) if self._readable else ()

        yield since

    def since(self, sequence: int) -> tuple[tuple[str, ...], int]:
        """Lines by number, from 1, as the kernel's records have one."""
        if not self._readable:
            raise PermissionError(1, "Operation not permitted", "/dev/kmsg")
        return tuple(self.lines[sequence:]) if sequence >= 0 else (), len(self.lines)
