"""Diagnoses of which every word would be markup, if it were let."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from ladybug_agent.diagnose.check import Command, Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis, View
from ladybug_agent.timeline.model import Milestone, Span, Timeline

HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
    "</title><h1>", "</style><style>*{display:none}", "&lt;b&gt;", "javascript:alert(1)",
    "\0\x1b[31m\u202e", "\ud800", "<!--", "]]>", "{{7*7}}",
)  # fmt: skip


def hostile_diagnosis(text: str) -> Diagnosis:
    remedy = Remedy(text=text, commands=(Command(text, "disruptive"),), iam=(text,))
    result = Result(
        id=f"group.{text}", status="fail", message=text, code=text, evidence={text: text},
        remedy=remedy,
    )  # fmt: skip
    return Diagnosis(
        host={"instance_id": text, text: text},
        taken_at=datetime(2026, 2, 6, tzinfo=UTC),
        duration_s=1.0,
        results=(
            result,
            replace(result, id=text, caused_by=result.id),
            replace(result, status="skip", blocked_by=text),
            replace(result, status="warn"),
        ),
        views=(View(viewpoint="container", opinion="healthy", words=text),),
        dissent=text,
        left_out=(text,),
        verdict_facts={text: text},
    )


def hostile_boot(text: str) -> Timeline:
    span = Span(name=text, source="agent", started_s=1.0, ended_s=2.0, code=text, note=text)
    return Timeline(
        boot_id=text,
        kernel_started_at=datetime(2026, 2, 6, tzinfo=UTC),
        outcome=text,
        spans=(span, replace(span, status="failed")),
        milestones=(Milestone(name=text, at_s=1.5),),
        missing=(text,),
    )


def tags_of(content: str) -> set[str]:
    """Return each start tag with the names of its attributes."""
    found: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.add(" ".join([tag, *(name for name, _ in attrs)]))

    Tags().feed(content)
    return found
