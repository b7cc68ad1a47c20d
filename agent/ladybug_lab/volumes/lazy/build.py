"""The program that serves the view: built at its first use, and kept."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.errors import LabError
from ladybug_lab.shell import run

SOURCES = tuple(Path(__file__).parent / name for name in ("view.c", "disk.c"))
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", "-Wall", "-Wextra")
_HEADERS = (Path(__file__).parent / "disk.h",)
_LIBRARY = "fuse3 >= 3.12"  # the first whose number of threads can be set
_TIMEOUT_S = 60.0
_REMEDY = "apt-get install gcc libc6-dev libfuse3-dev pkg-config"


def ensure_view_program() -> Path:
    """Return the program for this very source; the first time it is compiled, in half a second.

    Raises `LabError` where the compiler or the library's headers are missing.
    """
    directory = cache_directory() / "lazy-view"
    program = directory / _fingerprint()
    if not program.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Another process may be doing the same: whoever is last replaces an equal file.
        with tempfile.TemporaryDirectory(dir=directory, prefix=".building-") as scratch:
            compile_view(Path(scratch) / "view").replace(program)
    return program


def compile_view(target: Path, *extra_flags: str) -> Path:
    """Compile the program into the file `target`, and return it."""
    try:
        library = run(["pkg-config", "--cflags", "--libs", _LIBRARY], timeout_s=_TIMEOUT_S).split()
        sources = [str(source) for source in SOURCES]
        argv = ["gcc", *FLAGS, *extra_flags, *sources, *library, "-o", str(target)]
        run(argv, timeout_s=_TIMEOUT_S)
    except LabError as error:
        raise LabError("cannot build the program that serves a lazy volume", _REMEDY) from error
    return target


def _fingerprint() -> str:
    digest = hashlib.sha256("\0".join((*FLAGS, _LIBRARY)).encode())
    for path in (*SOURCES, *_HEADERS):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]
