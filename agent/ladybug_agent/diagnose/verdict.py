"""The first line of a diagnosis: all that fits into 200 bytes, whoever cuts off the rest."""

from __future__ import annotations

from ladybug_agent.diagnose.ascii import plain
from ladybug_agent.diagnose.diagnosis import Diagnosis

FORMAT = "LBDIAG/1"
MOST = 200
ID_MOST = 40
FACT_MOST = 24
COUNTS = (("fail", "fail"), ("warn", "warn"), ("pass", "pass"), ("skip", "skip"), ("err", "error"))


def verdict_line(diagnosis: Diagnosis) -> str:
    """Return verdict, root cause and counts, then as many facts about the host as fit."""
    words = [FORMAT, "PASS" if diagnosis.is_good else "FAIL"]
    words += [plain(root.id, ID_MOST) for root in diagnosis.root_causes[:1]]
    words += [f"{name}={diagnosis.counted(status)}" for name, status in COUNTS]
    words.append(f"{diagnosis.duration_s:.1f}s")
    for fact in _facts(diagnosis):
        if len(" ".join([*words, fact])) > MOST:
            break
        words.append(fact)
    return " ".join(words)


def _facts(diagnosis: Diagnosis) -> list[str]:
    host, facts = diagnosis.host, diagnosis.verdict_facts
    named = {
        "": host.get("instance_id"),
        "az=": host.get("availability_zone"),
        "snap=": host.get("snapshot_id"),
        "age=": facts.get("age"),
        "img=": _short_digest(host.get("image_digest", "")),
        "status=": facts.get("status"),
        "lease=": facts.get("lease"),
    }
    return [f"{name}{_word(value)}" for name, value in named.items() if value]


def _word(value: str) -> str:
    return plain(value, FACT_MOST).replace(" ", "_")


def _short_digest(digest: str) -> str:
    """Return what people compare of a digest.

    >>> _short_digest("sha256:ab12cd34ef56")
    'sha256:ab12cd34'
    """
    return digest[: len("sha256:") + 8]
