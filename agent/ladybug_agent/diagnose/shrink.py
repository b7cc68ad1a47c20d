"""Makes the JSON of a diagnosis fit: evidence goes first, and the ids of failures never."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ladybug_agent.diagnose.ascii import plain
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.document import Document, document_of

MOST_BYTES = 20_000
SHORT, SHORTER = 200, 60
BUNDLE = 1100
GOOD = frozenset({"pass", "skip"})


def json_of(diagnosis: Diagnosis, bundle: str = "") -> str:
    """Return one line of ASCII of at most `MOST_BYTES`; `bundle` is where one has been put."""
    document = document_of(diagnosis)
    if bundle:
        document["bundle"] = plain(bundle, BUNDLE)
    return compact(shrunk(document, MOST_BYTES - 1)) + "\n"


def compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def shrunk(document: Document, most: int) -> Document:
    """Return the document, without what it takes to have at most so many bytes.

    `truncated` then says that something is missing. A few hundred checks fit always.
    """
    checks = document["checks"]
    for step in STEPS:
        if len(compact(document)) <= most:
            break
        document = {**document, "truncated": True}
        checks = [step(check) for check in checks]
        document["checks"] = checks
    return document


def _without_good_evidence(check: Document) -> Document:
    return _without(check, "evidence") if check["status"] in GOOD else check


def _without_lesser_evidence(check: Document) -> Document:
    is_root = check["status"] in {"fail", "error"} and "caused_by" not in check
    return check if is_root else _without(check, "evidence")


def _without_evidence(check: Document) -> Document:
    return _without(check, "evidence")


def _without_good_words(check: Document) -> Document:
    return _without(check, "msg", "ms") if check["status"] in GOOD else check


def _without_lesser_remedies(check: Document) -> Document:
    return _without(check, "remediation") if "caused_by" in check else check


def _with_short_words(check: Document) -> Document:
    return _with_words_of(check, SHORT)


def _with_ids_only(check: Document) -> Document:
    return _with_words_of(_without(check, "remediation", "evidence", "group", "ms"), SHORTER)


def _with_nothing_else(check: Document) -> Document:
    return {"id": check["id"], "status": check["status"]}


def _with_words_of(check: Document, most: int) -> Document:
    short: Document = {"msg": plain(check["msg"], most)} if "msg" in check else {}
    if remedy := check.get("remediation"):
        lines = [{**one, "line": plain(one["line"], most)} for one in remedy["commands"][:3]]
        iam = [plain(action, SHORTER) for action in remedy["iam"][:5]]
        shorter = {"text": plain(remedy["text"], most), "commands": lines, "iam": iam}
        short["remediation"] = shorter
    return {**check, **short}


def _without(check: Document, *names: str) -> Document:
    return {name: value for name, value in check.items() if name not in names}


STEPS: tuple[Callable[[Document], Document], ...] = (
    _without_good_evidence,
    _without_lesser_evidence,
    _without_evidence,
    _without_good_words,
    _without_lesser_remedies,
    _with_short_words,
    _with_ids_only,
    _with_nothing_else,
)
"""Each takes away a little more of every check; the first that suffices is the last."""
