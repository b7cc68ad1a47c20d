"""Run a program and print what it used; its exit status is the program's.

With `--ready` as the first argument the program loads what it needs, says `ready`, and waits for
the end of its standard input: time and CPU are counted from there, the memory as a whole.

A process of its own, because the peak memory that wait4(2) tells includes that of the process that
forked: a large benchmark would measure itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

READY = "--ready"


def main() -> int:
    waits = sys.argv[1] == READY
    channel = subprocess.PIPE if waits else subprocess.DEVNULL
    began, cpu_before_s = time.monotonic(), 0.0
    with subprocess.Popen(
        sys.argv[2 if waits else 1 :], stdin=channel, stdout=channel, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdin is not None and process.stdout is not None:
            assert process.stdout.readline() == b"ready\n"
            began, cpu_before_s = time.monotonic(), _cpu_s(process.pid)
            process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    used = {
        "wall_s": time.monotonic() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime - cpu_before_s,
        "memory_mb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(used))
    return process.returncode


def _cpu_s(pid: int) -> float:
    """Return what the main thread has used, in nanoseconds exact; there is no other one yet."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


if __name__ == "__main__":
    sys.exit(main())
