"""The pictures of `docs/reliability.md`, section Fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.hydration.pictures import STYLE
from fleet.storms import Storm, delays
from fleet.suite import Report

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COLORS = ("#3f8ae0", "#d98324", "#2fa36b", "#a371d6", "#d6566a", "#7d8590")


def draw_pictures(report: Report) -> None:
    PICTURES.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        _draw("fleet-registered", lambda axes: _registered(axes, report))
        _draw("fleet-calls", lambda axes: _calls(axes, report.large))
        _draw("fleet-delay", lambda axes: _delay(axes, report))


def _draw(name: str, fill: Callable[[Axes], None]) -> None:
    figure, axes = plt.subplots(figsize=(7.6, 3.3), layout="constrained")
    fill(axes)
    # No date: the same run makes the same file.
    figure.savefig(PICTURES / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _registered(axes: Axes, report: Report) -> None:
    for storm, label, color in (
        (report.free, "without limits", COLORS[5]),
        (report.large, "with AWS's limits", COLORS[0]),
    ):
        by_second = Counter(int(at) + 1 for at in storm.registered_at_s.values())
        seconds = range(max(by_second) + 1)
        total = list(accumulate(by_second[second] for second in seconds))
        axes.plot(seconds, total, color=color, label=label)
    axes.set(xlabel="seconds since the first launch", ylabel="instances registered")
    axes.legend(loc="lower right")


def _calls(axes: Axes, storm: Storm) -> None:
    tries: Counter[tuple[str, int]] = Counter()
    refused: Counter[tuple[str, int]] = Counter()
    for (action, second, how), count in storm.calls.items():
        tries[action, second] += count
        refused[action, second] += count if how != "answered" else 0
    actions = sorted({action for action, _ in tries})
    seconds = range(max(second for _, second in tries) + 1)
    for action, color in zip(actions, COLORS, strict=False):
        axes.plot(seconds, [tries[action, at] for at in seconds], color=color, label=action, lw=1.3)
        if any(refused[action, at] for at in seconds):
            line = [refused[action, at] for at in seconds]
            axes.plot(seconds, line, color=color, ls=":", label="of which throttled", lw=1.3)
    axes.set(xlabel="seconds since the first launch", ylabel="calls per second")
    axes.legend(loc="upper right", fontsize=7)


def _delay(axes: Axes, report: Report) -> None:
    added = delays(report.large, report.free)
    shares = [100 * (number + 1) / len(added) for number in range(len(added))]
    axes.plot(shares, added, color=COLORS[0])
    axes.set(xlabel="percentile of the instances", ylabel="delay by throttling (s)")
