"""Tables by an error's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def by_code(code: str, exact: Mapping[str, T], prefixes: Mapping[str, T]) -> T | None:
    """Return what a table has for a code, else for its longest known prefix; None for neither.

    >>> by_code("mount_gone", {"mount_busy": 1}, {"mount_": 2, "m": 3})
    2
    """
    if code in exact:
        return exact[code]
    known = [prefix for prefix in prefixes if code.startswith(prefix)]
    return prefixes[max(known, key=len)] if known else None
