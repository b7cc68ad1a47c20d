"""The page: one file, no script, nothing fetched from anywhere.

It is read by people in trouble, on any screen: verdict first, then cause and remedy, then the rest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from ladybug_agent import __version__
from ladybug_agent.clock import iso_utc
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.report.boot import boot
from ladybug_agent.diagnose.report.checks import checks
from ladybug_agent.diagnose.report.findings import causes, warnings
from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.parts import badge, named, section
from ladybug_agent.diagnose.report.views import views
from ladybug_agent.diagnose.report.words import COUNTED, counted, headline
from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.timeline.model import Timeline

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
SECTIONS = (
    ("causes", "Causes"),
    ("warnings", "Warnings"),
    ("views", "Viewpoints"),
    ("boot", "Boot"),
    ("facts", "Facts"),
    ("checks", "Checks"),
)


def page(
    diagnosis: Diagnosis, timeline: Timeline | None = None, redactor: Redactor | None = None
) -> str:
    """Return the page; known secrets are those that the process has loaded so far."""
    write = Writer(redactor or Redactor())
    body = [
        causes(write, diagnosis),
        warnings(write, diagnosis),
        views(write, diagnosis),
        boot(write, timeline),
        _facts(write, diagnosis),
        checks(write, diagnosis),
    ]
    e = write.element
    content = write.join(
        e("a", "Skip to the findings", href="#main", class_="jump"),
        _header(write, diagnosis, [part for part in body if part]),
        e("main", *body, id="main"),
        _footer(write, diagnosis),
    )
    return _document(write, headline(diagnosis), content)


def _document(write: Writer, title: str, content: Markup) -> str:
    e = write.element
    css = files("ladybug_agent.diagnose.report").joinpath("report.css").read_text(encoding="utf-8")
    style = Markup(f"<style>\n{css}</style>")
    policy = _policy(write.join(style, content))
    head = e(
        "head",
        e("meta", charset="utf-8"),
        e("meta", http_equiv="Content-Security-Policy", content=policy),
        e("meta", name="viewport", content="width=device-width, initial-scale=1"),
        e("meta", name="color-scheme", content="light dark"),
        e("meta", name="referrer", content="no-referrer"),
        e("meta", name="robots", content="noindex"),
        e("title", title),
        style,
    )
    whole = e("html", head, "\n", e("body", content), lang="en")
    # The marks of every other kind stand in the text already; here they could break markup.
    return write.redactor.exact(f"<!doctype html>\n{whole}\n")


def _policy(content: str) -> str:
    """Return a policy that lets the page's own styles apply, known by their hashes, and no more."""
    digests = [hashlib.sha256(found.encode()).digest() for found in STYLE.findall(content)]
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'"


def _header(write: Writer, diagnosis: Diagnosis, body: list[Markup]) -> Markup:
    e = write.element
    state = "good" if diagnosis.is_good else "bad"
    counts = [
        e("li", badge(write, status, counted(count, one, many)))
        for status, one, many in COUNTED
        if (count := diagnosis.counted(status))
    ]
    links = [
        e("li", e("a", title, href=f"#{name}"))
        for name, title in SECTIONS
        if any(part.startswith(f'<section id="{name}"') for part in body)
    ]
    return e(
        "header",
        e("p", "ladybug-agent diagnose", class_="kicker"),
        e("h1", headline(diagnosis)),
        e("ul", *counts, class_="counts"),
        e("nav", e("ul", *links), aria_label="Sections"),
        class_=state,
    )


def _facts(write: Writer, diagnosis: Diagnosis) -> Markup:
    told = {
        **diagnosis.host,
        **{f"snapshot {name}" if name == "age" else name: value
           for name, value in diagnosis.verdict_facts.items()},
        "taken at": iso_utc(diagnosis.taken_at),
        "took": f"{diagnosis.duration_s:.1f} s",
    }  # fmt: skip
    return section(write, "facts", "Facts", named(write, told))


def _footer(write: Writer, diagnosis: Diagnosis) -> Markup:
    e = write.element
    hidden = write.redactor.count
    told = f"Secrets hidden on this page: {hidden}. " if hidden else ""
    return e(
        "footer",
        e(
            "p",
            f"{told}Made by ladybug-agent {__version__} at {iso_utc(diagnosis.taken_at)}."
            " What each code means is in docs/errors.md, what to do about a symptom in"
            " docs/operations.md.",
        ),
    )
