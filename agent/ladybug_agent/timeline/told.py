"""What `timeline` prints: one boot, or the list of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ladybug_agent.timeline.assemble import assemble
from ladybug_agent.timeline.compare import compare
from ladybug_agent.timeline.document import list_document, timeline_document
from ladybug_agent.timeline.kept import choose, earlier_boots
from ladybug_agent.timeline.live import Look, look_live
from ladybug_agent.timeline.model import Timeline
from ladybug_agent.timeline.picture import draw
from ladybug_agent.timeline.text import compare_lines, list_lines, timeline_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    style: Literal["text", "json", "svg"] = "text"
    list_only: bool = False
    compared: bool = False


def this_boot(look: Look) -> Timeline:
    """Return this boot by every source there is. Never fails; blocks for some seconds at most."""
    return assemble(look_live(look))


def told(look: Look, wanted: str, form: Form) -> str:
    """Return what is asked for. Raises ConfigError if there is no such boot."""
    boots = [this_boot(look), *earlier_boots(look.boots_dir, look.boot_id)]
    if form.list_only:
        if form.style == "json":
            return _json(list_document(boots))
        return _text(list_lines(boots))
    chosen = choose(boots, wanted)
    before = boots[boots.index(chosen) + 1 :]
    measures = compare(chosen, before) if form.compared else []
    if form.style == "svg":
        return draw(chosen)
    if form.style == "json":
        return _json(timeline_document(chosen, measures))
    lines = list(timeline_lines(chosen))
    if form.compared:
        lines += ["", *compare_lines(measures)]
    return _text(lines)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, indent=1) + "\n"
