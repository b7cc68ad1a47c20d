"""A boot for people at a terminal: a bar chart of at most 100 columns, ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from ladybug_agent.timeline.compare import Measure
from ladybug_agent.timeline.model import Span, Timeline
from ladybug_agent.timeline.window import Window, window_of
from ladybug_agent.timeline.wording import headline, particulars, seconds_text

COLUMNS = 100
NAME, SOURCE, NUMBER = 20, 10, 8
LEFT = 2 + NAME + 1 + SOURCE + 2 * (1 + NUMBER) + 2
BARS = COLUMNS - LEFT
MARKS = {"done": "#", "failed": "X", "cancelled": "x", "running": ">", "unknown": "?"}
NAMELESS = 4
MOST_SHOWN = 24


def timeline_lines(timeline: Timeline) -> Iterator[str]:
    """Yield the boot: what became of it, what is worth a line, the chart, what is missing."""
    yield _ascii(headline(timeline))[:COLUMNS]
    for line in particulars(timeline):
        yield from _wrapped(line)
    if timeline.spans:
        window = window_of(timeline)
        yield _axis(window)
        yield from (_row(span, window) for span in timeline.spans)
    for line in (*timeline.remarks, *(f"not seen: {one}" for one in timeline.missing)):
        yield from _wrapped(line)


def list_lines(boots: Sequence[Timeline]) -> Iterator[str]:
    """Yield a line for each boot: number, id, when, and how it went, or where it failed."""
    for number, one in enumerate(boots):
        started = one.kernel_started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = headline(one).partition(": ")[2]
        yield _ascii(f"{-number:>4} {one.boot_id[:8]:<8} {started} {told}")[:COLUMNS]


def compare_lines(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield what this boot took beside what it usually takes, and what is slower."""
    if not measures:
        yield "no earlier boot that registered a replica is kept: nothing to compare with"
        return
    slower = [one for one in measures if one.is_slower]
    told = ", ".join(f"{one.name} (+{seconds_text(one.more_s)} s)" for one in slower)
    yield from wrap(f"slower than usual: {told}" if slower else "nothing is slower", COLUMNS)
    yield f"  {'seconds':<34} {'now':>9} {'usual':>9} {'more':>10} {'boots':>6}"
    for one in measures:
        mark = "slower" if one.is_slower else ""
        numbers = f"{one.now_s:>9.3f} {one.usual_s:>9.3f} {one.more_s:>+10.3f} {one.boots:>6}"
        yield _ascii(f"  {one.name[:34]:<34} {numbers} {mark}").rstrip()


def _axis(window: Window) -> str:
    cells = [" "] * BARS
    for at_s in window.ticks():
        label = f"|{at_s:g}"
        start = int(window.share(at_s) * (BARS - 1))
        if start + len(label) <= BARS and not "".join(cells[start : start + len(label)]).strip():
            cells[start : start + len(label)] = label
    heads = f"  {'':<{NAME}} {'':<{SOURCE}} {'start':>{NUMBER}} {'took s':>{NUMBER}}  "
    return f"{heads}{''.join(cells)}".rstrip()


def _row(span: Span, window: Window) -> str:
    took = "" if span.ended_s is None else f"{span.ended_s - span.started_s:.3f}"
    head = f"  {_ascii(span.name)[:NAME]:<{NAME}} {span.source:<{SOURCE}}"
    numbers = f"{span.started_s:>{NUMBER}.2f} {took:>{NUMBER}}"
    return f"{head} {numbers}  {_bar(span, window)}".rstrip()[:COLUMNS]


def _bar(span: Span, window: Window) -> str:
    """Return the bar, and behind it the code or the note where there is room."""
    reach = window.bar(span)
    if reach is None:
        return "(not drawn: long before or after)"
    first = min(BARS - 1, int(reach[0] * BARS))
    length = max(1, round(reach[1] * BARS) - first)
    goes_on = span.ended_s is not None and span.ended_s > window.end_s
    bar = " " * first + MARKS[span.status] * (length - goes_on) + ">" * goes_on
    told = _ascii(span.code or span.note)
    room = BARS - len(bar) - 1
    if not told or room >= len(told):
        return f"{bar} {told}"
    if first > len(told):
        return f"{told:>{first - 1}} {bar[first:]}"
    return f"{bar} {told[: max(0, room)]}" if span.code else bar


def _wrapped(text: str) -> list[str]:
    return wrap(_ascii(text), COLUMNS, initial_indent="  ", subsequent_indent="    ")


def _ascii(text: str) -> str:
    """Return the text with what no plain terminal shows replaced.

    >>> _ascii("caf\u00e9\\n")
    'caf??'
    """
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in text)
