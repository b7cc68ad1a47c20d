"""A view of a file whose reads can be made to fail or hang: a failing disk under a loop device."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ladybug_lab.errors import LabError
from ladybug_lab.shell import last_lines, run

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
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, tempfile.TemporaryFile() as log:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "ladybug_lab.volumes.faulty_view", str(backing.resolve())],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the caller, which then ends it
            )
        mount_point = _await_mounted(ours, process, log)
        try:
            yield FaultyFile(mount_point / backing.name, ours)
        finally:
            ours.close()  # on which it releases all reads and unmounts
            _end(process, mount_point)


def _await_mounted(control: socket.socket, process: subprocess.Popen[Any], log: IO[bytes]) -> Path:
    control.settimeout(_TIMEOUT_S)
    try:
        return Path(json.loads(control.recv(_MESSAGE_BYTES)))
    except (OSError, ValueError) as error:
        process.kill()
        process.wait()
        log.seek(0)
        raise LabError(
            f"the faulty view cannot be served: {last_lines(log.read().decode())}",
            "apt-get install fuse3; a container also needs --device /dev/fuse",
        ) from error


def _end(process: subprocess.Popen[Any], mount_point: Path) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        if process.wait(_TIMEOUT_S) == 0:
            return
    # It crashed or was killed; with its end every read of the view has ended too.
    process.kill()
    process.wait()
    with contextlib.suppress(LabError):
        run(["umount", "--lazy", str(mount_point)], timeout_s=_TIMEOUT_S)
    with contextlib.suppress(FileNotFoundError):
        mount_point.rmdir()
