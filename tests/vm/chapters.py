"""A long test in chapters: one that fails does not keep the others from being told.

What a boot of minutes has to show is worth knowing as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import pytest

P = ParamSpec("P")


class Teller:
    def __init__(self) -> None:
        self.failures: list[str] = []

    def __call__(self, chapter: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run a chapter; what it asserts in vain is kept for the end."""
        try:
            chapter(*args, **kwargs)
        except (AssertionError, pytest.fail.Exception) as error:
            self.failures.append(f"{chapter.__name__}: {error}")


@contextmanager
def chapters() -> Iterator[Teller]:
    teller = Teller()
    yield teller
    assert teller.failures == [], "\n".join(teller.failures)
