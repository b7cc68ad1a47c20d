"""Texts of the world, made fit to print: one line, ASCII, of a known length in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

CUT = "..."
LISTED = 12
READ = 8
"""How many times the length that is wanted is looked at: a text may be a whole log."""


def plain(text: object, most: int) -> str:
    r"""Return the text in one line of printable ASCII, cut to at most so many bytes.

    >>> plain("caf\u00e9\n\x1b[31m  au lait", 40)
    'caf\\xe9 \\x1b[31m au lait'
    >>> plain("a long sentence", 9)
    'a long...'
    """
    line = " ".join(str(text)[: most * READ].split())
    shown = "".join(one if " " <= one <= "~" else _escaped(one) for one in line)
    return shown if len(shown) <= most else f"{shown[: most - len(CUT)]}{CUT}"


def listed(ids: Iterable[str], most: int) -> str:
    """Return the ids with commas, as many as fit; says how many did not."""
    told, left = "", list(ids)
    while left:
        more = f", and {len(left) - 1} more" if len(left) > 1 else ""
        longer = f"{told}, {plain(left[0], most)}" if told else plain(left[0], most)
        if len(longer) + len(more) > most:
            return f"{told}, and {len(left)} more" if told else plain(f"{len(left)} checks", most)
        told = longer
        left.pop(0)
    return told


def pairs(evidence: Mapping[str, object], most: int) -> str:
    """Return evidence as `name=value`, as much as fits.

    >>> pairs({"exit_code": 137, "names": ("a", "b")}, 40)
    'exit_code=137 names=a,b'
    """
    told = (f"{name}={_value(value)[:most]}" for name, value in islice(evidence.items(), LISTED))
    return plain(" ".join(told), most)


def _value(value: object) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [str(item) for item in value]
        return ",".join(items[:LISTED]) + (CUT if len(items) > LISTED else "")
    return str(value)


def _escaped(character: str) -> str:
    return (
        character.encode("ascii", errors="backslashreplace").decode()
        if (ord(character) > ord("~") + 1)
        else f"\\x{ord(character):02x}"
    )
