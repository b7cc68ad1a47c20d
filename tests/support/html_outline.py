"""What a page is made of: headings, landmarks, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

LANDMARKS = frozenset({"header", "nav", "main", "footer"})
VOID = frozenset({"meta", "br", "wbr", "link", "img", "input"})


@dataclass
class Outline:
    levels: list[int] = field(default_factory=list)
    landmarks: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    """Whatever would be fetched."""
    language: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outline = Outline()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        found = self.outline
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            found.levels.append(int(tag[1]))
        if tag in LANDMARKS:
            found.landmarks.append(tag)
        if "id" in known:
            found.ids.add(known["id"])
        if tag == "a":
            found.links.append(known["href"])
        if tag == "th":
            found.scopes.append(known["scope"])
        if tag == "html":
            found.language = known["lang"]
        found.sources += [
            known[name] for name in ("src", "srcset", "data", "action") if name in known
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open.pop() == tag


def outline(content: str) -> Outline:
    """Read a page in which every element is ended in its order."""
    reader = _Reader()
    reader.feed(content)
    reader.close()
    assert reader.open == []
    return reader.outline
