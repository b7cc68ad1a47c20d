"""The lab's one door to other programs: short commands and processes that outlive us."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ladybug_lab.errors import LabError

# A login of Debian's `su` and many CI shells lack the sbin directories, where mount tools live.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
_TAIL_LINES = 20
_REAP_TIMEOUT_S = 5.0


def run(argv: Sequence[str], *, timeout_s: float) -> str:
    """Return the standard output of a command; raise `LabError` unless it exits with 0 in time."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise LabError(f"cannot start {shlex.join(argv)}: {error.strerror}", _hint(argv)) from error
    output, complaint = _communicate(process, timeout_s)
    if process.returncode != 0:
        raise LabError(
            f"{shlex.join(argv)} ended with status {process.returncode}: "
            f"{last_lines(complaint or output)}"
        )
    return output


def _communicate(process: subprocess.Popen[str], timeout_s: float) -> tuple[str, str]:
    try:
        return process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        # The whole group: a grandchild would keep the pipes open.
        os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_REAP_TIMEOUT_S)
        argv = [os.fsdecode(part) for part in error.cmd]
        raise LabError(f"{shlex.join(argv)} did not end within {timeout_s:g} s") from error


def spawn(argv: Sequence[str], *, log: Path) -> int:
    """Start a process in its own session, output appended to `log`; it may outlive us."""
    program = shutil.which(argv[0], path=SEARCH_PATH)
    if program is None:
        raise LabError(f"cannot start {shlex.join(argv)}: not found", _hint(argv))
    # Not Popen: its destructor complains about a process that is meant to stay.
    pid = os.posix_spawn(
        program,
        list(argv),
        _environment(),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    # We go on a moment before the kernel has stored the new command line, which `is_running` reads.
    while not _command_line(pid) and not _has_ended(pid):
        time.sleep(0.001)
    return pid


def is_running(pid: int, argv: Sequence[str]) -> bool:
    """Tell whether `pid` still is the process that was started with `argv`."""
    return _command_line(pid).rstrip(b"\0") == b"\0".join(os.fsencode(part) for part in argv)


def _command_line(pid: int) -> bytes:
    """Return the arguments, each ended by a zero; nothing for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _has_ended(child: int) -> bool:
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return ended is not None


def end(pid: int, argv: Sequence[str], *, timeout_s: float) -> None:
    """End the process `pid` if it still is `argv`, and wait; SIGKILL after `timeout_s`."""
    with _process_handle(pid) as handle:
        # Checked after the handle was opened, which pins the process: the number cannot be reused.
        if handle is not None and is_running(pid, argv) and not _ends(handle, timeout_s):
            raise LabError(f"process {pid} ({shlex.join(argv)}) survives SIGKILL")
    with contextlib.suppress(ChildProcessError):  # another process started it
        os.waitpid(pid, os.WNOHANG)


def _ends(handle: int, timeout_s: float) -> bool:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
        if select.select([handle], [], [], timeout_s)[0]:
            return True
    return False


@contextlib.contextmanager
def _process_handle(pid: int) -> Iterator[int | None]:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def last_lines(text: str) -> str:
    """Return the end of a program's output, short enough for an error message."""
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])


def _hint(argv: Sequence[str]) -> str:
    return f"install the package that has {argv[0]}"


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": SEARCH_PATH}
