"""The XML that AWS answers with, read as of a stranger: bounded, and without declarations.

A document type could declare entities that expand without end (CWE-776); AWS sends none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_ELEMENTS = 50_000
MOST_DEPTH = 40


class GarbledXmlError(ValueError):
    """It is no XML, or none that AWS would send."""


@dataclass(slots=True)
class Element:
    name: str
    """Without its namespace's prefix."""
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, *path: str) -> Element | None:
        """Return the first element down the path."""
        found: Element | None = self
        for name in path:
            found = next((c for c in found.children if c.name == name), None) if found else None
        return found

    def items(self, *path: str) -> Iterator[Element]:
        """Yield the members of a list: `item` of EC2, `member` of the others."""
        found = self.find(*path)
        yield from (c for c in found.children if c.name in {"item", "member"}) if found else ()

    def get(self, *path: str) -> str:
        """Return the text of the first element down the path; nothing if there is none."""
        found = self.find(*path)
        return found.text.strip() if found else ""


def parse_xml(document: bytes) -> Element:
    """Return the outermost element. Raises GarbledXmlError."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(document, True)  # noqa: FBT003 - it takes no keyword
    except expat.ExpatError as error:
        raise GarbledXmlError(str(error)) from error
    return builder.outermost.children[0]


class _Builder:
    def __init__(self) -> None:
        self.outermost = Element("")
        self._open = [self.outermost]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > MOST_DEPTH:
            raise GarbledXmlError("too many elements, or too deep")
        element = Element(name.rpartition(":")[2])
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, name: str) -> None:
        del name
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].text += data

    def refuse(self, *_: object) -> None:
        raise GarbledXmlError("a document type")
