"""The five viewpoints side by side, and which of them disagrees."""

from __future__ import annotations

from ladybug_agent.diagnose.diagnosis import Diagnosis, View
from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.parts import badge, section


def views(write: Writer, diagnosis: Diagnosis) -> Markup:
    if not diagnosis.views:
        return Markup("")
    e = write.element
    # The sentence begins with who disagrees.
    apart = diagnosis.dissent.partition(" say")[0]
    cards = [_card(write, view, is_apart=view.viewpoint in apart) for view in diagnosis.views]
    told = e("p", _agreement(diagnosis))
    return section(write, "views", "Who thinks what", told, e("ul", *cards, class_="views"))


def _agreement(diagnosis: Diagnosis) -> str:
    if diagnosis.dissent:
        return f"Not all agree: {diagnosis.dissent}."
    if all(view.opinion == "unknown" for view in diagnosis.views):
        return "None of them could be asked."
    return "All who know agree."


def _card(write: Writer, view: View, *, is_apart: bool) -> Markup:
    e = write.element
    name = e("strong", view.viewpoint.capitalize())
    parts = [name, badge(write, view.opinion)]
    if is_apart:
        parts.append(e("span", "disagrees", class_="apart"))
    parts.append(e("p", view.words))
    return e("li", *parts, class_="view disagreeing" if is_apart else "view")
