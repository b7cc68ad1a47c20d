"""All checks in causal order, each with what it found; what it saw is folded away."""

from __future__ import annotations

from collections.abc import Sequence

from ladybug_agent.diagnose.check import Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.report.findings import evidence
from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.parts import anchor, badge, section
from ladybug_agent.diagnose.report.words import why_not_bad


def checks(write: Writer, diagnosis: Diagnosis) -> Markup:
    e = write.element
    head = e("tr", e("th", "Check", scope="col"), e("th", "Found", scope="col"))
    rows = [_row(write, result) for result in diagnosis.results]
    caption = e("caption", "From cause to effect: what stands above may explain what is below")
    table = e("table", caption, e("thead", head), e("tbody", *rows), class_="checks")
    return section(write, "checks", "All checks", table, _left_out(write, diagnosis.left_out))


def _row(write: Writer, result: Result) -> Markup:
    e = write.element
    name = e("th", badge(write, result.status), " ", write.breakable(result.id), scope="row")
    found = [e("p", result.message)]
    if result.evidence:
        found = [e("details", e("summary", result.message), evidence(write, result.evidence))]
    if why := why_not_bad(result):
        found.append(e("p", why, class_="dim"))
    return e("tr", name, e("td", *found), id=anchor(result.id))


def _left_out(write: Writer, ids: Sequence[str]) -> Markup:
    if not ids:
        return Markup("")
    return write.element("p", f"Left out as asked for: {', '.join(ids)}", class_="dim")
