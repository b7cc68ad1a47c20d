"""The only door to subprocesses."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO, cast

import structlog

from ladybug_agent.adapters.command_words import in_words, last_lines
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.2
REAP_S = 5.0
CLOSE_S = 0.5
OUTPUT_CHARS = 64 * 1024
CHUNK_BYTES = 64 * 1024
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

_left_behind: list[subprocess.Popen[Any]] = []
"""Processes that nothing can end; kept to be reaped should they end after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    status: int
    stdout: str
    stderr: str


def run_command(
    argv: Sequence[str],
    *,
    deadline: Deadline,
    good: frozenset[int] = frozenset({0}),
    environment: Mapping[str, str] | None = None,
) -> CommandResult:
    """Run a program in a session of its own, with closed stdin, and return what it printed.

    Blocks until it ends, the deadline is over or cancelled, and then up to `REAP_S` more for the
    killed process group to be reaped. A process in D state (I/O on an impaired volume) cannot be
    killed: it is given up as `command_unkillable`. Any status not in `good` is `command_failed`.
    The program sees `PATH` of this process, and of the rest only what `environment` has.
    """
    deadline.check(shlex.join(argv))
    log.debug("command_started", argv=shlex.join(argv))
    process = _spawn(argv, environment or {})
    output = _collect(process, argv, deadline)
    if process.returncode not in good:
        raise ExternalFailure(
            "command_failed",
            f"`{shlex.join(argv)}` ended with {in_words(process.returncode)}: {last_lines(output)}",
            hint="run the command by hand; the kernel's own words are in `dmesg`",
            status=process.returncode,
        )
    stdout, stderr = output
    return CommandResult(status=process.returncode, stdout=stdout, stderr=stderr)


def stream_command(
    argv: Sequence[str], take: Callable[[bytes], bool], *, deadline: Deadline
) -> int:
    """Run a program as `run_command` does, and pass on what it prints as it comes, errors too.

    Ends it when `take` returns False. Returns its status. Holds one chunk of the output at a time.
    """
    deadline.check(shlex.join(argv))
    process = _spawn(argv, {}, stderr=subprocess.STDOUT)
    try:
        while data := _next_chunk(process, argv, deadline):
            if not take(data):
                break
        else:
            _collect(process, argv, deadline)
    finally:
        if process.poll() is None:
            _kill_group(process, argv)
    return process.returncode


def close_elsewhere(handle: int) -> None:
    """Close a descriptor of a device so that another process waits for what the close waits for.

    The last close of a block device waits for reads that are under way, those of a killed process
    included, and on an impaired volume for ever: nothing can kill a process that is in it.
    """
    try:
        keeper: subprocess.Popen[bytes] = subprocess.Popen(
            ["sleep", "infinity"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(handle,),
            start_new_session=True,
        )
    except OSError as error:  # it must not hide the failure that brought us here
        log.warning("descriptor_closed_here", error=str(error))
        return
    finally:
        os.close(handle)  # not the last one, so it returns at once
    keeper.kill()
    try:
        keeper.wait(CLOSE_S)
    except subprocess.TimeoutExpired:
        log.warning("descriptor_left_behind", pid=keeper.pid)
        _leave_behind(keeper)


def _next_chunk(process: subprocess.Popen[str], argv: Sequence[str], deadline: Deadline) -> bytes:
    """Return what has been printed, nothing at the end; waits in slices as `_collect` does."""
    out = cast("TextIO", process.stdout)
    while True:
        if deadline.is_over:
            _kill_group(process, argv)
            deadline.check(shlex.join(argv))
        if select.select([out], [], [], LOOK_EVERY_S)[0]:
            return os.read(out.fileno(), CHUNK_BYTES)


def _spawn(
    argv: Sequence[str], environment: Mapping[str, str], *, stderr: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={
                **ENVIRONMENT,
                "PATH": os.environ.get("PATH", ENVIRONMENT["PATH"]),
                **environment,
            },
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise ExternalFailure(
            "command_missing",
            f"wanted to run `{argv[0]}`, found no such program on PATH",
            hint=f"install the package that has `{argv[0]}` (util-linux for mount, umount, blkid)",
        ) from error


def _collect(
    process: subprocess.Popen[str], argv: Sequence[str], deadline: Deadline
) -> tuple[str, str]:
    """Wait in slices, because a single long wait would not notice that it was cancelled."""
    while True:
        try:
            stdout, stderr = process.communicate(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            if deadline.is_over:
                _kill_group(process, argv)
                deadline.check(shlex.join(argv))
        else:
            return stdout[:OUTPUT_CHARS], (stderr or "")[:OUTPUT_CHARS]  # None: with the output


def _kill_group(process: subprocess.Popen[str], argv: Sequence[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("command_ended_before_the_kill", argv=shlex.join(argv))
    try:
        process.communicate(timeout=REAP_S)
    except subprocess.TimeoutExpired as error:
        _abandon(process)
        raise ExternalFailure(
            "command_unkillable",
            f"`{shlex.join(argv)}` did not end within {REAP_S:g} s of SIGKILL",
            hint="a process in D state waits for a device: look for an impaired volume,"
            " then replace the instance",
            pid=process.pid,
        ) from error


def _abandon(process: subprocess.Popen[str]) -> None:
    """Keep nothing open for a process that is left behind."""
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    _leave_behind(process)


def _leave_behind(process: subprocess.Popen[Any]) -> None:
    _left_behind[:] = [known for known in (*_left_behind, process) if known.poll() is None]
