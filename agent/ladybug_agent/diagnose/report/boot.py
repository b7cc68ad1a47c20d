"""The boot on one clock: its picture, and the same as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.parts import section
from ladybug_agent.timeline.model import Span, Timeline
from ladybug_agent.timeline.picture import draw
from ladybug_agent.timeline.wording import headline, seconds_text

ROOT_STYLE = re.compile(r'(<svg\b[^>]*?) style="[^"]*"')
"""The page has rules of its own for the size, and no policy for style in attributes."""
COLUMNS = ("Step", "Who", "Start", "Took", "Note")


def boot(write: Writer, timeline: Timeline | None) -> Markup:
    if timeline is None:
        return Markup("")
    e = write.element
    if not timeline.spans:
        missing = [e("li", one) for one in timeline.missing]
        return section(
            write, "boot", "How it booted", e("p", headline(timeline)), e("ul", *missing)
        )
    picture = Markup(write.redactor.exact(ROOT_STYLE.sub(r"\1", draw(timeline), count=1)))
    figure = e("div", picture, class_="picture")
    table = e("details", e("summary", "The same as a table"), _table(write, timeline.spans))
    return section(write, "boot", "How it booted", figure, table)


def _table(write: Writer, spans: Iterable[Span]) -> Markup:
    e = write.element
    head = e("tr", *(e("th", name, scope="col") for name in COLUMNS))
    rows = [_row(write, span) for span in spans]
    caption = e("caption", "Seconds since the kernel started")
    table = e("table", caption, e("thead", head), e("tbody", *rows))
    # A table of five columns is wider than a phone: it scrolls by itself, by keyboard too.
    return e("div", table, class_="wide", tabindex="0", role="region", aria_label="Steps")


def _row(write: Writer, span: Span) -> Markup:
    e = write.element
    took = "" if span.ended_s is None else seconds_text(span.ended_s - span.started_s)
    note = " ".join(part for part in (_fate(span), span.note) if part)
    cells = (span.source, f"{span.started_s:.2f}", took, note)
    kinds = ("", "number", "number", "")
    told = [
        e("td", cell, **({"class_": kind} if kind else {}))
        for cell, kind in zip(cells, kinds, strict=True)
    ]
    return e("tr", e("th", span.name, scope="row"), *told)


def _fate(span: Span) -> str:
    return "" if span.status == "done" else f"{span.status} {span.code}".strip()
