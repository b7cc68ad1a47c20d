"""`hydrate show`: a hot map as a picture (SVG): where in the file, and how often seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log

from ladybug_agent.model.hydration import PAGE_BYTES, PageRun
from ladybug_agent.resources.hydration.hot_map import HotMap

WIDTH, LEFT, RIGHT = 960, 96, 24
PLOT = WIDTH - LEFT - RIGHT
ROW, GAP, TOP = 46, 14, 92
COLUMNS = 800
"""So many slices of the file; each is drawn by the most that any page of it was seen."""
HEAT = ("#fee0b6", "#fdb863", "#f0862c", "#d1495b", "#8b2252", "#4a0e4e")
READ_ALOUD = 'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif"'
STYLE = """<style>
text{fill:#222;font-size:14px} .h{font-size:18px;font-weight:600} .s{fill:#555;font-size:12px}
.f{fill:#f4f4f2;stroke:#bbb}
@media(prefers-color-scheme:dark){text{fill:#eee} .s{fill:#bbb} .f{fill:#26262a;stroke:#666}}
</style>"""
TIERS = (("opening", "read by every opening"), ("queries", "read by first queries"))


def map_picture(hot: HotMap, title: str) -> str:
    """Return the picture; readable in light and dark, with its numbers in words."""
    most = max((run.seen for run in (*hot.opening, *hot.queries)), default=1)
    parts = [*_head(hot, title)]
    for number, (tier, meaning) in enumerate(TIERS):
        top = TOP + number * (ROW + GAP)
        runs = getattr(hot, tier)
        parts.append(f'<text x="{LEFT - 10}" y="{top + 27}" text-anchor="end">{tier}</text>')
        parts.append(
            f'<rect class="f" x="{LEFT}" y="{top}" width="{PLOT}" height="{ROW}">'
            f"<title>{meaning}</title></rect>"
        )
        parts += _slices(runs, hot.file_pages, top, most)
    parts += _axis(hot.file_pages, TOP + len(TIERS) * (ROW + GAP), most)
    return "\n".join([*parts, "</svg>\n"])


def _head(hot: HotMap, title: str) -> Iterator[str]:
    height = TOP + len(TIERS) * (ROW + GAP) + 76
    name, words = f"Hot map of {_escaped(title)}", _escaped(_words(hot))
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {READ_ALOUD}>'
    yield f'<title id="title">{name}</title>'
    yield f'<desc id="desc">{words}</desc>'
    yield STYLE
    yield f'<text class="h" x="{LEFT}" y="32">{name}</text>'
    yield f'<text class="s" x="{LEFT}" y="54">{words}</text>'
    yield f'<text class="s" x="{LEFT}" y="74">{_escaped(_origin(hot))}</text>'


def _slices(runs: Iterable[PageRun], file_pages: int, top: int, most: int) -> Iterator[str]:
    """Yield one rectangle for each stretch of slices of one heat."""
    heats = _heats(runs, file_pages)
    start = 0
    for at in range(1, COLUMNS + 1):
        if at < COLUMNS and heats[at] == heats[start]:
            continue
        if seen := heats[start]:
            left = LEFT + start * PLOT / COLUMNS
            width = (at - start) * PLOT / COLUMNS
            yield (
                f'<rect x="{left:.2f}" y="{top}" width="{width:.2f}" height="{ROW}"'
                f' fill="{_heat(seen, most)}"/>'
            )
        start = at


def _heats(runs: Iterable[PageRun], file_pages: int) -> list[int]:
    heats = [0] * COLUMNS
    for run in runs:
        first = run.start * COLUMNS // max(1, file_pages)
        last = (run.end - 1) * COLUMNS // max(1, file_pages)
        for column in range(first, min(last, COLUMNS - 1) + 1):
            heats[column] = max(heats[column], run.seen)
    return heats


def _heat(seen: int, most: int) -> str:
    """Return the colour: by the logarithm, because counts are."""
    share = log(seen) / log(most) if most > 1 else 0.0
    return HEAT[round(share * (len(HEAT) - 1))]


def _axis(file_pages: int, top: int, most: int) -> Iterator[str]:
    for quarter in range(5):
        x = LEFT + PLOT * quarter / 4
        size = _size(file_pages * PAGE_BYTES * quarter / 4)
        anchor = ("start", "middle", "middle", "middle", "end")[quarter]
        yield f'<text class="s" x="{x:.0f}" y="{top + 6}" text-anchor="{anchor}">{size}</text>'
    yield f'<text class="s" x="{LEFT}" y="{top + 42}">seen once</text>'
    for number, colour in enumerate(HEAT):
        box = f'x="{LEFT + 72 + 24 * number}" y="{top + 30}" width="24" height="14"'
        yield f'<rect {box} fill="{colour}"/>'
    right = LEFT + 72 + 24 * len(HEAT) + 10
    yield f'<text class="s" x="{right}" y="{top + 42}">seen {most} times</text>'


def _words(hot: HotMap) -> str:
    share = 100 * hot.pages / hot.file_pages if hot.file_pages else 0.0
    return (
        f"{hot.recordings} recordings; {hot.pages} of {hot.file_pages} pages ({share:.2g} %),"
        f" {_size(hot.pages * PAGE_BYTES)} of {_size(hot.file_pages * PAGE_BYTES)}"
    )


def _origin(hot: HotMap) -> str:
    snapshot = hot.generation.snapshot_id
    return f"database {hot.database_uuid}" + (
        f", last recorded over {snapshot}" if snapshot else ""
    )


def _size(count: float) -> str:
    """Return so many bytes for people.

    >>> _size(4096), _size(3.5 * 2**30)
    ('4 KiB', '3.5 GiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:  # noqa: PLR2004
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
