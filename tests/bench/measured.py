"""Run a program and print what it used; its exit status is the program's.

A process of its own, because the peak memory that wait4(2) tells includes that of the process that
forked: a large benchmark would measure itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> int:
    began = time.monotonic()
    with subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    used = {
        "wall_s": time.monotonic() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(used))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
