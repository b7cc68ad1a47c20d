"""A known secret in every dress in which text may carry it, and pieces of it.

Base64 of a longer text has a secret at one of three offsets, each of which spells it otherwise.
A piece is what is left where a line was wrapped or cut off in the middle of a secret.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from ladybug_agent.redaction.known import LEAST_CHARS

PIECE_CHARS = 16
"""So many characters in a row of a secret are no coincidence."""


@dataclass(frozen=True, slots=True)
class Forms:
    """What is looked for: `whole` forms, the longest first, and the first or last of a piece."""

    whole: tuple[str, ...]
    pieces: frozenset[str]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Forms:
        found = {form for secret in secrets for form in _forms(secret) if len(form) >= LEAST_CHARS}
        whole = tuple(sorted(found, key=lambda form: (-len(form), form)))
        return cls(whole, frozenset(piece for form in whole for piece in _pieces(form)))


def _forms(secret: str) -> Iterator[str]:
    for line in {secret.strip(), *secret.split()}:  # of a secret of many lines, each of them
        if len(line) < LEAST_CHARS:
            continue
        yield from (line, json.dumps(line)[1:-1], escape(line), quote(line), quote(line, safe=""))
        data = line.encode(errors="replace")
        yield data.hex()
        for encoded in _base64_forms(data):
            yield from (encoded, encoded.replace("+", "-").replace("/", "_"))


def _base64_forms(data: bytes) -> Iterator[str]:
    """Yield the characters of base64 that depend on the data alone, for each offset in a group.

    >>> [form in base64.b64encode(b"user:hunter2-hunter2").decode()
    ...  for form in _base64_forms(b"hunter2-hunter2")]
    [False, False, True]
    """
    for offset, first in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(offset) + data).decode()
        yield encoded[first : (offset + len(data)) * 8 // 6]


def _pieces(form: str) -> Iterator[str]:
    yield from (form[at : at + PIECE_CHARS] for at in range(len(form) - PIECE_CHARS + 1))
