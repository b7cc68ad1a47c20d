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
    told = f"Not all agree: {diagnosis.dissent}." if diagnosis.dissent else "All who know agree."
    cards = [_card(write, view, is_apart=view.viewpoint in apart) for view in diagnosis.views]
    return section(write, "views", "Who thinks what", e("p", told), e("ul", *cards, class_="views"))


def _card(write: Writer, view: View, *, is_apart: bool) -> Markup:
    e = write.element
    name = e("strong", view.viewpoint.capitalize())
    parts = [name, badge(write, view.opinion)]
    if is_apart:
        parts.append(e("span", "disagrees", class_="apart"))
    parts.append(e("p", view.words))
    return e("li", *parts, class_="view disagreeing" if is_apart else "view")
