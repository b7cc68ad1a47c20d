"""The diagnosis as a document, schema `ladybug.diagnose/1`. Public API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ladybug_agent import __version__
from ladybug_agent.clock import iso_utc
from ladybug_agent.diagnose.ascii import plain
from ladybug_agent.diagnose.check import Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.verdict import verdict_line

SCHEMA = "ladybug.diagnose/1"
ID, CODE, FACT, TEXT = 40, 60, 120, 2000
FACTS = 20
STATUSES = ("pass", "warn", "fail", "skip", "error")

Document = dict[str, Any]


def document_of(diagnosis: Diagnosis) -> Document:
    """Return all of it; `shrink` makes it fit."""
    return {
        "schema": SCHEMA,
        "agent_version": __version__,
        "taken_at": iso_utc(diagnosis.taken_at),
        "duration_s": round(diagnosis.duration_s, 3),
        "good": diagnosis.is_good,
        "verdict": verdict_line(diagnosis),
        "summary": {status: diagnosis.counted(status) for status in STATUSES},
        "root_causes": [plain(root.id, ID) for root in diagnosis.root_causes],
        "host": _facts(diagnosis.host),
        "facts": _facts(diagnosis.verdict_facts),
        "views": [
            {"viewpoint": view.viewpoint, "opinion": view.opinion, "words": plain(view.words, FACT)}
            for view in diagnosis.views
        ],
        "dissent": plain(diagnosis.dissent, 2 * FACT),
        "left_out": [plain(one, ID) for one in diagnosis.left_out],
        "truncated": False,
        "checks": [_check(result) for result in diagnosis.results],
    }


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    return {plain(name, ID): plain(facts[name], FACT) for name in list(facts)[:FACTS]}


def _check(result: Result) -> Document:
    """Return what is known of one check; what is empty is left out."""
    told: Document = {
        "id": plain(result.id, ID),
        "group": plain(result.group, ID),
        "status": result.status,
        "code": plain(result.code, CODE),
        "msg": result.message[:TEXT],
        "evidence": _evidence(result.evidence),
        "remediation": _remedy(result.remedy),
        "blocked_by": plain(result.blocked_by, ID),
        "caused_by": plain(result.caused_by, ID),
        "ms": round(result.duration_ms, 1),
    }
    return {name: value for name, value in told.items() if value not in ("", None, {})}


def _evidence(evidence: Mapping[str, object]) -> Document:
    """Return the evidence in JSON's own types, of each text what anybody would read."""
    short = {
        name: value[:TEXT] if isinstance(value, str) else value for name, value in evidence.items()
    }
    text = json.dumps(short, default=_jsonable, skipkeys=True)
    found: Document = json.loads(text, parse_constant=str)  # JSON has no NaN
    return found


def _jsonable(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    return str(value)


def _remedy(remedy: Remedy | None) -> Document | None:
    if remedy is None:
        return None
    return {
        "text": remedy.text,
        "commands": [{"line": one.line, "risk": one.risk} for one in remedy.commands],
        "iam": list(remedy.iam),
    }
