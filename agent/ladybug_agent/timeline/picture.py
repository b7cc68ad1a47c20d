"""A boot as a picture (SVG): narrow, so that its text can be read on a phone; no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from ladybug_agent.timeline.model import Milestone, Span, Timeline
from ladybug_agent.timeline.window import Window, window_of
from ladybug_agent.timeline.wording import headline, particulars, seconds_text

WIDTH, MARGIN = 380, 12
PLOT = WIDTH - 2 * MARGIN
ROW, BAR, LINE = 30, 8, 17
LEAST_BAR = 1.5
TITLE_CHARS, TEXT_CHARS, LABEL_CHARS, ROW_CHARS = 40, 52, 28, 48
NAME = "boot-timeline"
# Fill of each source's bars, in light and in dark.
FILLS = {
    "kernel": ("#6b7280", "#9ca3af"),
    "systemd": ("#7c3aed", "#b79cf7"),
    "cloud-init": ("#0e7490", "#4fc3d9"),
    "stub": ("#b45309", "#f0a94b"),
    "agent": ("#2563eb", "#7ba7ff"),
    "health": ("#15803d", "#5fd38a"),
    "hydration": ("#9d174d", "#f08bb8"),
    "failed": ("#b91c1c", "#ff7b72"),
}


def draw(timeline: Timeline) -> str:
    """Return a standalone picture of the boot, its numbers in words as well.

    Every rule of its style is below its own class, so that it can stand in a page.
    """
    window = window_of(timeline)
    parts: list[str] = []
    top = MARGIN + 6
    for line in wrap(headline(timeline), TITLE_CHARS):
        top += LINE + 2
        parts.append(_text(MARGIN, top, line, "h"))
    for line in [part for told in particulars(timeline) for part in wrap(told, TEXT_CHARS)]:
        top += LINE
        parts.append(_text(MARGIN, top, line, "dim"))
    rows_top = top + 34
    height = rows_top + len(timeline.spans) * ROW + 8
    parts += _axis(window, rows_top, height)
    parts += _milestones(timeline.milestones, window, rows_top, height)
    for number, span in enumerate(timeline.spans):
        parts += _row(span, window, rows_top + number * ROW)
    foot = list(_footer(timeline, height + 6))
    bottom = height + 6 + LINE * len(foot) + MARGIN
    return "\n".join([*_head(timeline, bottom), *parts, *foot, "</svg>\n"])


def _head(timeline: Timeline, height: int) -> Iterator[str]:
    title, words = f"{NAME}-title", f"{NAME}-desc"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{NAME}" role="img"'
        f' aria-labelledby="{title} {words}" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="system-ui, sans-serif" style="width:100%;max-width:680px;height:auto">'
    )
    yield f'<title id="{title}">{_escaped(headline(timeline))}</title>'
    steps = "; ".join(_words(span) for span in timeline.spans)
    told = ". ".join([*particulars(timeline), steps])
    yield f'<desc id="{words}">{_escaped(told)}</desc>'
    yield "<style>\n" + "\n".join(_style()) + "\n</style>"
    yield f'<rect class="ground" width="{WIDTH}" height="{height}"/>'


def _style() -> Iterator[str]:
    own = f".{NAME}"
    # A halo of the ground, so that no line runs through a word.
    yield f"{own} text{{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}}"
    yield f"{own} text{{fill:#1c2128;font-size:12.5px}} {own} .h{{font-size:15px;font-weight:600}}"
    yield f"{own} .dim{{fill:#57606a;font-size:12px}} {own} .bad{{fill:#b91c1c;font-weight:600}}"
    yield f"{own} .ground{{fill:#fff}} {own} .grid{{stroke:#d8dee4}} {own} .mark{{stroke:#1c2128}}"
    yield from (f"{own} .{source}{{fill:{light}}}" for source, (light, _) in FILLS.items())
    yield "@media (prefers-color-scheme:dark){"
    yield f"{own} text{{stroke:#16191d;fill:#e6edf3}}"
    yield f"{own} .dim{{fill:#a5b0bb}} {own} .bad{{fill:#ff9a93}}"
    yield f"{own} .ground{{fill:#16191d}} {own} .grid{{stroke:#333a42}}"
    yield f"{own} .mark{{stroke:#e6edf3}}"
    yield from (f"{own} .{source}{{fill:{dark}}}" for source, (_, dark) in FILLS.items())
    yield "}"


def _axis(window: Window, top: int, bottom: int) -> Iterator[str]:
    for at_s in window.ticks():
        x = _x(window.share(at_s))
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{top - 6}" y2="{bottom}"/>'
        anchor = "start" if x < WIDTH / 8 else "end" if x > WIDTH * 7 / 8 else "middle"
        yield _text(x, top - 10, f"{at_s:g} s", "dim", anchor=anchor)


def _milestones(
    milestones: Iterable[Milestone], window: Window, top: int, bottom: int
) -> Iterator[str]:
    for one in milestones:
        if window.start_s <= one.at_s <= window.end_s:
            x = _x(window.share(one.at_s))
            told = f"{_escaped(one.name)} at {one.at_s:.2f} s"
            yield (
                f'<line class="mark" stroke-dasharray="2 3" x1="{x}" x2="{x}" y1="{top - 6}"'
                f' y2="{bottom}"><title>{told}</title></line>'
            )


def _row(span: Span, window: Window, top: int) -> Iterator[str]:
    label = _cut(span.name, LABEL_CHARS)
    yield (
        f'<text x="{MARGIN}" y="{top + 12}">{_escaped(label)}'
        f' <tspan class="dim">{_escaped(span.source)}</tspan></text>'
    )
    told = _cut(_took(span), ROW_CHARS - len(label) - len(span.source))
    yield _text(WIDTH - MARGIN, top + 12, told, "bad" if span.code else "", anchor="end")
    if bar := window.bar(span):
        left, right = _x(bar[0]), _x(bar[1])
        width = max(LEAST_BAR, round(right - left, 2))
        kind = "failed" if span.status == "failed" else span.source
        opacity = ' fill-opacity="0.55"' if span.status in {"running", "unknown"} else ""
        yield (
            f'<rect class="{kind}" x="{min(left, WIDTH - MARGIN - width)}" y="{top + 16}"'
            f' width="{width}" height="{BAR}" rx="1"{opacity}>'
            f"<title>{_escaped(_words(span))}</title></rect>"
        )


def _footer(timeline: Timeline, top: int) -> Iterator[str]:
    told = [*timeline.remarks, *(f"not seen: {one}" for one in timeline.missing)]
    lines = [part for one in told for part in wrap(one, TEXT_CHARS)]
    for number, line in enumerate(lines, 1):
        yield _text(MARGIN, top + number * LINE, line, "dim")


def _took(span: Span) -> str:
    if span.status == "failed":
        return f"failed: {span.code}" if span.code else "failed"
    if span.ended_s is None:
        return "running" if span.status == "running" else "end not seen"
    took = f"{seconds_text(span.ended_s - span.started_s)} s"
    return took if span.status == "done" else f"{span.status}, {took}"


def _words(span: Span) -> str:
    note = f", {span.note}" if span.note else ""
    return f"{span.name} ({span.source}) from {span.started_s:.2f} s: {_took(span)}{note}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(0, most - 3)]}..."


def _x(share: float) -> float:
    return round(MARGIN + share * PLOT, 2)


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x}" y="{y}"{side}>{_escaped(words)}</text>'


def _escaped(text: str) -> str:
    """Return the text for XML, which has no place for control characters."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
