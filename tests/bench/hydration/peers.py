"""The programs that ours is measured against: dd, fio, and a compiled reader of the same plan."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from bench.hydration.programs import Program
from bench.hydration.stands import Mounted
from ladybug_lab.depot import cache_directory

READER_THREADS = 128
_SOURCE = Path(__file__).with_name("reader.c")
_BUILD_TIMEOUT_S = 60.0


def dd(mounted: Mounted, *, megabytes: int | None = None) -> Program:
    """Read the file, or its first so many MiB, from one end to the other: a warm-up by hand."""
    part = [] if megabytes is None else [f"count={megabytes}"]
    argv = ["dd", f"if={mounted.database}", "of=/dev/null", "bs=1M", "status=none", *part]
    return Program(argv=argv)


def fio(mounted: Mounted, *, depth: int = 32, seconds: int | None = None) -> Program:
    """Read the whole device by the line that AWS documents for the initialisation of volumes."""
    part = [] if seconds is None else [f"--runtime={seconds}"]
    argv = [
        "fio", f"--filename={mounted.volume.node}", "--rw=read", "--bs=1M", f"--iodepth={depth}",
        "--ioengine=libaio", "--direct=1", "--name=volume-initialize", "--readonly",
        *part,
    ]  # fmt: skip
    return Program(argv=argv)


def reader(plan: Path) -> Program:
    """Read what the lines of a plan say, `PATH OFFSET LENGTH buffered|direct`, in their order."""
    return Program(argv=[str(_reader()), str(plan), str(READER_THREADS)])


@cache
def _reader() -> Path:
    """Return the compiled reader; built at its first use, and kept."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    program = cache_directory() / "plan-reader" / digest
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as scratch:
            draft = Path(scratch) / "reader"
            argv = ["gcc", "-O2", "-pthread", "-Wall", "-Wextra", "-Werror", str(_SOURCE)]
            subprocess.run([*argv, "-o", str(draft)], check=True, timeout=_BUILD_TIMEOUT_S)
            draft.replace(program)
    return program
