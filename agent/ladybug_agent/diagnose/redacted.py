"""A diagnosis without secrets: made before any form of it is written, so that none can have one.

Forms cut texts and escape characters. What is hidden before that stays hidden, and lengths hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ladybug_agent.diagnose.check import Command, Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis, View
from ladybug_agent.redaction.redactor import Redactor


def redacted(diagnosis: Diagnosis, redactor: Redactor) -> Diagnosis:
    """Return the same diagnosis with every text of the world gone through the redactor."""
    return replace(
        diagnosis,
        host=_facts(diagnosis.host, redactor),
        results=tuple(_result(one, redactor) for one in diagnosis.results),
        views=tuple(_view(one, redactor) for one in diagnosis.views),
        dissent=redactor.text(diagnosis.dissent),
        verdict_facts=_facts(diagnosis.verdict_facts, redactor),
    )


def _result(result: Result, redactor: Redactor) -> Result:
    return replace(
        result,
        message=redactor.text(result.message),
        evidence=redactor.mapping(result.evidence),
        remedy=_remedy(result.remedy, redactor),
    )


def _remedy(remedy: Remedy | None, redactor: Redactor) -> Remedy | None:
    if remedy is None:
        return None
    commands = tuple(Command(redactor.text(one.line), one.risk) for one in remedy.commands)
    return replace(remedy, text=redactor.text(remedy.text), commands=commands)


def _view(view: View, redactor: Redactor) -> View:
    return replace(view, words=redactor.text(view.words))


def _facts(facts: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    return {name: str(value) for name, value in redactor.mapping(facts).items()}
