"""The one sink of what is shown to an operator or put into a bundle. It has no off switch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ladybug_agent.redaction.forms import PIECE_CHARS, Forms
from ladybug_agent.redaction.known import loaded
from ladybug_agent.redaction.names import could_be_secret, is_secret_name
from ladybug_agent.redaction.pairs import hide_pairs
from ladybug_agent.redaction.shapes import MARK, SHAPES

RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{PIECE_CHARS},}}+")
SECRET_KEY_CHARS = 40
LEAST_KINDS = 16
"""So many different characters have 40 random ones; a word or a path has fewer."""


class Redactor:
    """Hides secrets in text; `count` says how many it has hidden. Not safe for threads."""

    def __init__(self, secrets: Iterable[str] | None = None) -> None:
        """Look for these secrets beside all shapes and names: those of the process if None."""
        self._forms = Forms.of(loaded() if secrets is None else secrets)
        self.count = 0

    def text(self, text: str) -> str:
        """Return plain text without secrets. Takes about 0.3 s for each megabyte at worst."""
        lower = text.lower()
        for shape in SHAPES:
            if shape.is_worth_a_look(text, lower):
                text, found = shape.hide(text)
                self.count += found
        text = RUN.sub(self._run, self.exact(text))
        text, found = hide_pairs(text)
        self.count += found
        return text

    def exact(self, text: str) -> str:
        """Return the text without known secrets: for a format that other marks would break."""
        for form in self._forms.whole:
            if form in text:
                self.count += text.count(form)
                text = text.replace(form, MARK)
        return text

    def document(self, value: object, name: str = "") -> object:
        """Return a document of dicts, lists and scalars without secrets, in names and values."""
        match value:
            case str():
                return self._named(name, value)
            case bool() | None:
                return value
            case int() | float():
                return self._number(name, value)
            case Mapping():
                return self.mapping(value)
            case list() | tuple() | set() | frozenset():
                return [self.document(item, name) for item in value]
            case _:
                return self._named(name, str(value))

    def mapping(self, value: Mapping[Any, object]) -> dict[str, object]:
        """Hide by each key; and by `name` where a mapping is a pair of name and value."""
        lower = {str(key).lower(): item for key, item in value.items()}
        pair = str(lower.get("name") or lower.get("key") or "")
        return {
            self.text(str(key)): self.document(
                item, pair if pair and str(key).lower() == "value" else str(key)
            )
            for key, item in value.items()
        }

    def _number(self, name: str, value: float) -> object:
        hidden = self._named(name, str(value))
        return value if hidden == str(value) else hidden

    def _named(self, name: str, value: str) -> str:
        if is_secret_name(name) and could_be_secret(name, value):
            self.count += 1
            return MARK
        return self.text(value)

    def _run(self, found: re.Match[str]) -> str:
        run = found[0]
        pieces = self._forms.pieces
        if run[:PIECE_CHARS] in pieces or run[-PIECE_CHARS:] in pieces or _is_secret_key(run):
            self.count += 1
            return MARK
        return run


def _is_secret_key(run: str) -> bool:
    """Return whether this looks like a secret access key of AWS: 40 characters of every kind.

    >>> _is_secret_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    True
    >>> _is_secret_key("0123456789abcdef0123456789abcdef01234567")
    False
    """
    return (
        len(run) == SECRET_KEY_CHARS
        and len(set(run)) >= LEAST_KINDS
        and any(one.islower() for one in run)
        and any(one.isupper() for one in run)
        and any(one.isdigit() for one in run)
        and not any(one in "-_" for one in run)
    )
