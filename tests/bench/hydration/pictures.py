"""The pictures of `docs/performance.md`, drawn from the rounds of the last run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from bench.hydration.rows import Rows, kept_rows
from support.graph_databases import FOUR, ONE, QUARTER
from support.graph_mix import USEFUL

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"

# Seen on white and on black alike: no background, and ink of a middle tone.
_INK = "#7d8590"
STYLE = {
    "axes.edgecolor": _INK,
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlesize": 10,
    "font.size": 9,
    "grid.alpha": 0.25,
    "grid.color": _INK,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "lines.linewidth": 1.8,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "ladybug",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_BLUE, _ORANGE, _GREEN, _VIOLET, _RED = "#3f8ae0", "#d98324", "#2fa36b", "#a371d6", "#d6566a"
_METHODS = {
    "cold": ("cold", _INK),
    "dd_first": ("dd of the file first", _ORANGE),
    "fio_first": ("fio of the device first", _VIOLET),
    "full_first": ("full hydration first", _BLUE),
    "other_keys": ("map of other keys", _GREEN),
    "same_keys": ("map of the same keys", _RED),
}


def draw_pictures() -> None:
    """Draw what there are rounds for."""
    rows = kept_rows()
    PICTURES.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        for needed, draw in _DRAWINGS.items():
            if set(needed) <= set(rows):
                draw(rows)


@contextmanager
def _picture(name: str, panels: int) -> Iterator[list[Axes]]:
    figure, axes = plt.subplots(
        1, panels, figsize=(7.6, 3.3), sharey=True, squeeze=False, layout="constrained"
    )
    yield list(axes[0])
    # No date: the same rounds make the same file.
    figure.savefig(PICTURES / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _median(rows: Rows, scenario: str, name: str) -> float | None:
    values = [row.values[name] for row in rows[scenario] if name in row.values]
    return statistics.median(values) if values else None


def _draw_sizes(rows: Rows) -> None:
    gigabytes = {QUARTER.name: 0.25, ONE.name: 1.0, FOUR.name: 4.0}
    with _picture("hydration-sizes", 2) as panels:
        for axes, regime in zip(panels, ("uncapped", "capped"), strict=True):
            for method, (label, color) in _METHODS.items():
                found = {
                    gigabytes[size]: _useful_s(rows, regime, size, method) for size in gigabytes
                }
                points = {x: y for x, y in found.items() if y is not None}
                if len(points) > 1:
                    axes.plot(points.keys(), points.values(), "o-", color=color, label=label, ms=4)
            axes.set(xscale="log", yscale="log", xlabel="size of the database (GB)")
            axes.minorticks_off()
            _label(axes.xaxis, gigabytes.values())
            _seconds(axes.yaxis)
        panels[0].set(title="first touch 30 ms", ylabel="time to the 15th useful query")
        panels[1].set(title="and S3 140 MB/s, volume 250 MB/s")
        panels[1].legend(loc="lower right", fontsize=8)


def _useful_s(rows: Rows, regime: str, size: str, method: str) -> float | None:
    if size == ONE.name:
        return _median(rows, regime, f"{method}_s")
    found = _median(rows, "growth", f"{size}_{regime}_{method}_s")
    return found if found is not None or size != FOUR.name else _large_s(rows, regime, method)


def _large_s(rows: Rows, regime: str, method: str) -> float | None:
    return _median(rows, "large", f"{method}_s") if regime == "capped" else None


def _seconds(axis: Axis) -> None:
    _label(axis, [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], " s")


def _label(axis: Axis, ticks: Iterable[float], unit: str = "") -> None:
    """Name the ticks that are in view."""
    low, high = axis.get_view_interval()
    shown = [tick for tick in ticks if low <= tick <= high]
    axis.set_ticks(shown, [f"{tick:g}{unit}" for tick in shown])


def _draw_answers(rows: Rows) -> None:
    row = rows["uncapped"][-1]
    with _picture("hydration-answers", 1) as [axes]:
        for method, (label, color) in _METHODS.items():
            moments = row.curves[method]
            counts = range(len(moments) + 1)
            axes.step([moments[0], *moments], counts, where="post", color=color, label=label)
        axes.set(xscale="log", xlim=(0.09, 30), ylabel="useful queries answered")
        axes.set_yticks(range(0, USEFUL + 1, 3))
        axes.set(xlabel="time from mounted; 1 GB, first touch 30 ms")
        axes.minorticks_off()
        _seconds(axes.xaxis)
        axes.legend(loc="upper left", fontsize=8, bbox_to_anchor=(1.0, 1.0))


def _draw_throughput(rows: Rows) -> None:
    row = next(row for row in rows["reading"] if row.curves["fio_depth_mb_s"])
    depths, rates = row.curves["fio_depth"], row.curves["fio_depth_mb_s"]
    with _picture("hydration-throughput", 1) as [axes]:
        axes.plot(depths, rates, "o-", color=_VIOLET, label="fio, by its queue depth", ms=4)
        for name, label, color in (
            ("ours_mb_s", "hydrate, everything", _BLUE),
            ("dd_mb_s", "dd", _ORANGE),
        ):
            rate = _median(rows, "reading", name)
            assert rate is not None
            axes.axhline(rate, color=color, label=f"{label}: {rate:.0f} MB/s")
        axes.set(xscale="log", yscale="log", xlabel="queue depth (requests of 1 MiB)")
        axes.set(ylabel="MB/s; first touch 30 ms")
        _label(axes.xaxis, depths)
        axes.set_yticks(
            [50, 100, 200, 500, 1000, 2000], ["50", "100", "200", "500", "1000", "2000"]
        )
        axes.minorticks_off()
        axes.legend(loc="lower right", fontsize=8)


def _draw_latencies(rows: Rows) -> None:
    shown = {
        "alone": ("no background pass", _GREEN),
        "background": ("background pass at two thirds of the rate", _BLUE),
        "unlimited": ("everything at full depth", _RED),
    }
    with _picture("hydration-latency", 1) as [axes]:
        for name, (label, color) in shown.items():
            latencies = sorted(x for row in rows["beside"] for x in row.curves.get(name, []))
            # One in so many queries takes longer: the tail is what matters.
            ranks = [len(latencies) / (len(latencies) - i) for i in range(len(latencies))]
            axes.plot(ranks, [x * 1000 for x in latencies], color=color, label=label)
        axes.set(xscale="log", yscale="log", xlim=(1, 300), ylabel="latency of a query (ms)")
        axes.set(xlabel="percentile; 1 GB, S3 140 MB/s, volume 250 MB/s")
        axes.set_xticks([2, 10, 100], ["50 %", "90 %", "99 %"])
        _label(axes.yaxis, [1, 10, 100, 1000])
        axes.minorticks_off()
        axes.legend(loc="lower right", fontsize=8)


_DRAWINGS: dict[tuple[str, ...], Callable[[Rows], None]] = {
    ("uncapped", "capped", "growth", "large"): _draw_sizes,
    ("uncapped",): _draw_answers,
    ("reading",): _draw_throughput,
    ("beside",): _draw_latencies,
}

if __name__ == "__main__":
    draw_pictures()
