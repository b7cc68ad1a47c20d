"""Root causes with what to do about them, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ladybug_agent.diagnose.check import Command, Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.report.markup import Markup, Writer
from ladybug_agent.diagnose.report.parts import badge, named, reference, section
from ladybug_agent.diagnose.report.words import MEANINGS, counted

VALUE_CHARS = 400


def causes(write: Writer, diagnosis: Diagnosis) -> Markup:
    roots = diagnosis.root_causes
    if not roots:
        return Markup("")
    title = "Root cause" if len(roots) == 1 else f"Root causes ({len(roots)})"
    cards = [_card(write, root, diagnosis.consequences_of(root)) for root in roots]
    return section(write, "causes", title, *cards)


def warnings(write: Writer, diagnosis: Diagnosis) -> Markup:
    found = [one for one in diagnosis.results if one.status == "warn"]
    if not found:
        return Markup("")
    cards = [_card(write, one, ()) for one in found]
    return section(write, "warnings", counted(len(found), "warning").capitalize(), *cards)


def _card(write: Writer, result: Result, follows: Sequence[Result]) -> Markup:
    e = write.element
    title = e("h3", badge(write, result.status), " ", write.breakable(result.id))
    code = e("p", "Code ", e("code", result.code), class_="dim") if result.code else Markup("")
    parts = [title, e("p", result.message, class_="said"), code]
    parts += [evidence(write, result.evidence), remedy(write, result.remedy)]
    if follows:
        parts.append(_consequences(write, follows))
    kind = {"warn": "card warned"}.get(result.status, "card failed")
    return e("article", *parts, class_=kind, aria_label=result.id)


def _consequences(write: Writer, follows: Sequence[Result]) -> Markup:
    e = write.element
    links = [e("li", reference(write, one.id), f" ({one.status})") for one in follows]
    told = f"Only follows from it: {counted(len(follows), 'other check')}"
    return e("details", e("summary", told), e("ul", *links, class_="ids"))


def evidence(write: Writer, facts: Mapping[str, object]) -> Markup:
    """Return what was seen, as names and values; nothing where nothing was."""
    if not facts:
        return Markup("")
    hidden = write.redactor.mapping(facts)
    return named(write, {name: _value(value) for name, value in hidden.items()})


def remedy(write: Writer, advice: Remedy | None) -> Markup:
    if advice is None:
        return Markup("")
    e = write.element
    parts = [e("h4", "What to do")]
    if advice.text:
        parts.append(e("p", advice.text))
    if advice.commands:
        lines = [_command(write, command) for command in advice.commands]
        parts.append(e("ol", *lines, class_="commands"))
    if advice.iam:
        actions = [e("li", e("code", action)) for action in advice.iam]
        parts.append(e("p", "Missing permissions of the instance role:"))
        parts.append(e("ul", *actions, class_="ids"))
    return e("div", *parts, class_="remedy")


def _command(write: Writer, command: Command) -> Markup:
    e = write.element
    label = e("span", MEANINGS[command.risk], class_=f"risk {command.risk}")
    return e("li", e("pre", e("code", _words(write, command.line))), label)


def _words(write: Writer, line: str) -> Markup:
    """Return a command word by word; to select and copy it gives the line as it was."""
    # As a whole first: whether a word is a secret is told by the one before it.
    shown = write.redactor.text(line)
    return Markup(" ".join(write.element("span", word) for word in shown.split(" ")))


def _value(value: object) -> str:
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]}..."
