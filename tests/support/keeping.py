"""What is slow to make is made once for all processes, and never found half-made."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def kept_directory(place: Path, make: Callable[[Path], None]) -> Path:
    """Return the directory `place`; if it is not there, `make` fills a draft of it first.

    Blocks while another process makes it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place.parent / f".{place.name}.lock"):
        if not place.is_dir():
            _make(place, make)
    return place


def _make(place: Path, make: Callable[[Path], None]) -> None:
    prefix = f".{place.name}.draft-"
    for left in place.parent.glob(f"{prefix}*"):  # by one that was killed here
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=prefix) as scratch:
        draft = Path(scratch) / place.name
        draft.mkdir()
        make(draft)
        draft.rename(place)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released by the kernel, whatever becomes of us
        yield
