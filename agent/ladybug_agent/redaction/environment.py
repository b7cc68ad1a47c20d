"""Environments of containers: the names are shown, the values are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ladybug_agent.redaction.known import remember
from ladybug_agent.redaction.names import could_be_secret, is_secret_name

MASK = "[masked]"


def remember_environment(variables: Mapping[str, str]) -> None:
    """Keep the values whose names say that they are secrets, to be found elsewhere too."""
    for name, value in variables.items():
        if is_secret_name(name) and could_be_secret(name, value):
            remember(value)


def masked(document: object) -> object:
    """Return what `docker inspect` says with every value of an environment masked.

    >>> masked({"Config": {"Env": ["A=1", "B"], "Image": "x"}})
    {'Config': {'Env': ['A=[masked]', 'B'], 'Image': 'x'}}
    """
    match document:
        case dict():
            return {key: _member(str(key), item) for key, item in document.items()}
        case list():
            return [masked(item) for item in document]
        case _:
            return document


def _member(key: str, value: object) -> object:
    if key == "Env" and isinstance(value, list):
        pairs = [str(item).partition("=") for item in value]
        remember_environment({name: value for name, _, value in pairs})
        return list(_names(pairs))
    return masked(value)


def _names(pairs: Iterable[tuple[str, str, str]]) -> Iterable[str]:
    for name, between, _ in pairs:
        yield f"{name}{between}{MASK if between else ''}"
