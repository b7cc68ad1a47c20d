"""A view of a file whose reads can be made to fail or hang: a failing disk under a loop device."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from ladybug_lab.errors import LabError
from ladybug_lab.volumes.view_process import view_process

_TIMEOUT_S = 10.0
_MESSAGE_BYTES = 4096


class FaultyFile:
    """The view: `path` has the name and the content of the backing file, and takes writes.

    Offsets are bytes, `end` is exclusive. What the kernel has in its cache of a device over the
    view was read already and is not asked for again: read past it (O_DIRECT) or drop it. A loop
    device asks for one thing at a time, so one read that hangs holds up all of the device.
    """

    def __init__(self, path: Path, control: socket.socket) -> None:
        self.path = path
        self._control = control

    def fail_reads(self, start: int, end: int) -> None:
        """Let every read that touches the range end with EIO."""
        self._order("fail", *_checked(start, end))

    def hang_reads(self, start: int, end: int) -> None:
        """Let every read that touches the range wait for `release`, up to some sixty at once."""
        self._order("hang", *_checked(start, end))

    def release(self) -> None:
        """Take all faults away; reads that hang go on."""
        self._order("release")

    def await_blocked(self, timeout_s: float) -> None:
        """Block until a read hangs; raise `LabError` if none does in time."""
        self._control.settimeout(timeout_s + _TIMEOUT_S)
        if not self._order("await_blocked", timeout_s):
            raise LabError(f"no read of {self.path.name} hung within {timeout_s:g} s")

    def _order(self, order: str, *arguments: float) -> bool:
        try:
            self._control.send(json.dumps([order, *arguments]).encode())
            return bool(json.loads(self._control.recv(_MESSAGE_BYTES)))
        except (OSError, ValueError) as error:
            raise LabError(f"the process that serves {self.path} does not answer") from error


def _checked(start: int, end: int) -> tuple[int, int]:
    if not 0 <= start < end:
        raise LabError(f"no byte lies in [{start}, {end})")
    return start, end


@contextlib.contextmanager
def faulty_file(backing: Path) -> Iterator[FaultyFile]:
    """Serve the view until the end, or until this process dies; a tenth of a second to start.

    Served by another process: a caller that waits for a read must not be who answers it.
    """
    argv = [sys.executable, "-m", "ladybug_lab.volumes.faulty_view", str(backing.resolve())]
    with view_process(argv) as view:
        yield FaultyFile(view.mount_point / backing.name, view.control)
