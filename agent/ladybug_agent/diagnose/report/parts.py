"""What several sections of the report are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ladybug_agent.diagnose.check import Status
from ladybug_agent.diagnose.diagnosis import Opinion
from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.words import SIGNS

SHORT_CHARS = 34
NO_ANCHOR = re.compile(r"[^a-z0-9_-]+")


def section(write: Writer, name: str, title: str, *content: str) -> Markup:
    """Return a landmark that is named by its heading."""
    heading = write.element("h2", title, id=f"{name}-title")
    return write.element("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def badge(write: Writer, state: Status | Opinion, words: str = "") -> Markup:
    """Return a state as a sign and words, its own if none are given; the sign is not read aloud."""
    sign = write.element("span", SIGNS[state], aria_hidden="true")
    return write.element("span", sign, " ", words or state, class_=f"badge {state}")


def named(write: Writer, facts: Mapping[str, str]) -> Markup:
    """Return names with their values."""
    e = write.element
    pairs = [
        e("div", e("dt", name.replace("_", " ")), e("dd", value), **_width(value))
        for name, value in facts.items()
    ]
    return e("dl", *pairs) if pairs else Markup("")


def _width(value: str) -> dict[str, str]:
    """Return the class of a pair that needs the whole width."""
    return {"class_": "long"} if len(value) > SHORT_CHARS else {}


def anchor(check_id: str) -> str:
    """Return the id of a check's row.

    >>> anchor("volume.attachment")
    'check-volume-attachment'
    """
    return f"check-{NO_ANCHOR.sub('-', check_id)}"


def reference(write: Writer, check_id: str) -> Markup:
    return write.element("a", write.breakable(check_id), href=f"#{anchor(check_id)}")
