"""Elements of HTML whose text is redacted and escaped by construction.

A plain `str` is text of the world; only what this module made is markup.
"""

from __future__ import annotations

from html import escape

from ladybug_agent.redaction.redactor import Redactor

TEXT_CHARS = 2000
VOID = frozenset({"meta", "br", "wbr"})


class Markup(str):
    """HTML that is done. Never made of text from elsewhere, except by `Writer`."""

    __slots__ = ()


class Writer:
    """Makes elements. What it hides is counted by its redactor."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor

    def element(self, name: str, /, *content: str, **attributes: str) -> Markup:
        """Return an element. `class_` and `for_` spare Python's words; `_` becomes `-`."""
        told = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{self.text(value)}"'
            for key, value in attributes.items()
        )
        if name in VOID:
            return Markup(f"<{name}{told}>")
        return Markup(f"<{name}{told}>{self.join(*content)}</{name}>")

    def join(self, *content: str) -> Markup:
        parts = (one if isinstance(one, Markup) else self.text(one) for one in content)
        return Markup("".join(parts))

    def text(self, text: str) -> Markup:
        """Return text of the world, fit to be shown: cut, without secrets, in HTML's own way."""
        cut = f"{text[:TEXT_CHARS]}..." if len(text) > TEXT_CHARS else text
        shown = "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in cut)
        return Markup(escape(self.redactor.text(shown)))

    def breakable(self, name: str) -> Markup:
        """Return a dotted name that may be broken after each of its dots."""
        return Markup("<wbr>".join(self.text(f"{part}.") for part in name.split("."))[: -len(".")])
