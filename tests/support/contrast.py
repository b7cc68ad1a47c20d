"""How well text stands out: the contrast ratio of WCAG 2.2, section 1.4.3."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

CSS = Path(str(files("ladybug_agent.diagnose.report").joinpath("report.css")))
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")


def colours(css: str, scheme: str) -> dict[str, str]:
    """Return the named colours of the light or the dark scheme."""
    light, _, dark = css.partition("@media screen and (prefers-color-scheme: dark)")
    block = light if scheme == "light" else dark.partition("\n}\n")[0]
    return dict(COLOUR.findall(block))


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    >>> round(ratio("#000000", "#ffffff"), 1)
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
