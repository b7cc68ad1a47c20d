"""A process that serves a view of a file over FUSE, and that ends with us."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ladybug_lab.errors import LabError
from ladybug_lab.shell import last_lines, run

_TIMEOUT_S = 10.0
_MESSAGE_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedView:
    """Where the view is mounted, and the connection over which it takes orders."""

    mount_point: Path
    control: socket.socket


@contextlib.contextmanager
def view_process(argv: Sequence[str], *, pass_fds: Sequence[int] = ()) -> Iterator[ServedView]:
    """Serve the view until the end, or until this process dies, by whatever it does.

    The program has the connection as its descriptor 0. It makes a directory, sends its path once
    the view is mounted there, and when the connection closes it ends all reads, unmounts, removes
    the directory and exits. What it cannot do, as it crashed or was killed, is done here.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, tempfile.TemporaryFile() as log:
        with theirs:
            process = subprocess.Popen(
                argv,
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C is for the caller, which then ends it
            )
        mount_point = _await_mounted(ours, process, log)
        try:
            yield ServedView(mount_point=mount_point, control=ours)
        finally:
            ours.close()
            _end(process, mount_point)


def _await_mounted(control: socket.socket, process: subprocess.Popen[Any], log: IO[bytes]) -> Path:
    control.settimeout(_TIMEOUT_S)
    with contextlib.suppress(OSError):
        if message := control.recv(_MESSAGE_BYTES):
            return Path(os.fsdecode(message))
    process.kill()
    process.wait()
    log.seek(0)
    raise LabError(
        f"the view cannot be served: {last_lines(log.read().decode(errors='replace'))}",
        "apt-get install fuse3; a container also needs --device /dev/fuse",
    )


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
