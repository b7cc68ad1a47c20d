"""Results on standard output, as text for people or JSON for programs."""

from __future__ import annotations

import json
from typing import Any

from ladybug_agent.hydrate.report import report_lines
from ladybug_agent.status import Status

MARKS = {"good": "ok", "bad": "BAD", "unknown": "?"}


def print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=1, default=str))


def print_record(record: dict[str, Any], style: str) -> None:
    if style == "json":
        print_json(record)
        return
    for line in record_lines(record):
        print(line)


def print_status(status: Status, style: str) -> None:
    if style == "json":
        print_json(status.document())
        return
    print(f"{'good' if status.is_good else 'not good'}: the boot is {status.outcome}")
    for remark in status.remarks:
        print(f"  {remark}")
    for line in record_lines(status.record)[1:]:
        print(line)
    for line in report_lines(status.hydration) if status.hydration else ():
        print(f"  {line}")
    for finding in status.findings:
        print(f"  {MARKS[finding.verdict]:<3} {finding.subject}: {finding.text}")


def record_lines(record: dict[str, Any]) -> list[str]:
    """Return the boot for people: the outcome first, then the steps, then what to do."""
    if not record:
        return ["no boot has run since the machine started"]
    took = f" after {record['total_s']:.2f} s" if "total_s" in record else ""
    lines = [f"{record['outcome']}{took}"]
    lines += [_step_line(step) for step in record["steps"]]
    return lines + [f"  {line}" for line in failure_lines(record)]


def failure_lines(record: dict[str, Any]) -> list[str]:
    """Return why a boot failed and what to do; nothing for one that did not."""
    if "code" not in record:
        return []
    own = f"{record['code']}: {record['message']}"
    causes = record.get("error", [])
    # The chain starts with the error itself, or with what only says that time ran out.
    below = causes[causes.index(own) + 1 :] if own in causes else []
    to_do = [f"to do: {record['hint']}"] if record["hint"] else []
    return [own, *(f"because {cause}" for cause in below), *to_do]


def _step_line(step: dict[str, Any]) -> str:
    took = "" if step["duration_s"] is None else f"{step['duration_s']:8.3f} s"
    facts = " ".join(f"{name}={_short(value)}" for name, value in step["facts"].items())
    return f"  {step['status']:<9} {took:>10}  {step['name']:<16} {facts}".rstrip()


def _short(value: object) -> str:
    text = ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if len(text) <= 48 else f"{text[:45]}..."  # noqa: PLR2004
