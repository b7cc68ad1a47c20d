"""What a verb says when it stops looking while AWS goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone(how_to_follow: str) -> Iterator[None]:
    """On SIGINT say that nothing was stopped, and how to follow what goes on; then pass it on."""
    try:
        yield
    except KeyboardInterrupt:
        print(
            f"\nladybug-fleet: no longer looking; what was begun in AWS goes on. {how_to_follow}",
            file=sys.stderr,
        )
        raise
