"""IAM identity policies: whether a document allows an action on a resource.

The evaluation of policies within one account by the rules of the IAM User Guide, for what our
policies use; what is not known here is an error, and never "allowed" or "denied" by accident.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ladybug_lab.errors import LabError

Document = Mapping[str, Any]
_STATEMENT_KEYS = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May the caller do this? `context` are the condition keys of the request."""

    action: str
    resource: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Operator, key, values; all must hold, each for one of its values."""

    def applies(self, question: Question) -> bool:
        return (
            # Actions are compared without case, resources with it.
            any(_matches(pattern.lower(), question.action.lower()) for pattern in self.actions)
            and any(_matches(pattern, question.resource) for pattern in self.resources)
            and all(_holds(condition, question.context) for condition in self.conditions)
        )


class Policy:
    """A policy document; several are one with the statements of all."""

    def __init__(self, document: Document) -> None:
        self._statements = tuple(_statement(one) for one in _listed(document["Statement"]))

    def allows(self, question: Question) -> bool:
        """Return whether a statement allows it and none denies it."""
        effects = {one.effect for one in self._statements if one.applies(question)}
        return effects == {"Allow"}


def actions_of(document: Document) -> tuple[tuple[str, str], ...]:
    """Return the Sid of its statement and the name of each action."""
    return tuple(
        (statement.get("Sid", ""), action)
        for statement in _listed(document["Statement"])
        for action in _listed(statement["Action"])
    )


def without(document: Document, sid: str, action: str) -> Document:
    """Return the document, but for one action of the statement with that Sid."""
    statements = [
        {
            **statement,
            "Action": [
                one
                for one in _listed(statement["Action"])
                if (statement.get("Sid", ""), one) != (sid, action)
            ],
        }
        for statement in _listed(document["Statement"])
    ]
    return {**document, "Statement": [one for one in statements if one["Action"]]}


def _statement(given: Mapping[str, Any]) -> _Statement:
    unknown = set(given) - _STATEMENT_KEYS
    if unknown or given["Effect"] not in {"Allow", "Deny"}:
        raise LabError(
            f"a policy statement with {sorted(unknown) or given['Effect']}: not emulated"
        )
    conditions = tuple(
        (operator, key.lower(), tuple(map(str, _listed(values))))
        for operator, keys in given.get("Condition", {}).items()
        for key, values in keys.items()
    )
    for operator, _, _ in conditions:
        if operator not in _OPERATORS:
            raise LabError(f"the condition operator {operator} is not emulated")
    return _Statement(
        effect=given["Effect"],
        actions=tuple(_listed(given["Action"])),
        resources=tuple(_listed(given["Resource"])),
        conditions=conditions,
    )


def _holds(condition: tuple[str, str, tuple[str, ...]], context: Mapping[str, str]) -> bool:
    operator, key, values = condition
    found = {name.lower(): value for name, value in context.items()}.get(key)
    if found is None:  # a key that the request lacks fails every operator without IfExists
        return False
    return any(_OPERATORS[operator](value, found) for value in values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    return bool(_compiled(pattern).fullmatch(text))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile `*` and `?`, which cross `:` and `/`; nothing else is special."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


_OPERATORS = {
    "StringEquals": lambda value, found: value == found,
    "StringLike": _matches,
    "ArnLike": _matches,
}
