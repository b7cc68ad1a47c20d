"""Read a configuration file strictly: every mistake is named by its path, with what to do."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import dacite

from ladybug_agent.config import SCHEMA_VERSION, Config
from ladybug_agent.config.node import NodeConfig
from ladybug_agent.config.together import contradictions
from ladybug_agent.errors import ConfigError

C = TypeVar("C")
HINT = "see docs/configuration.md, or `ladybug-agent config schema` for your editor"


def load_config(path: Path) -> Config:
    """Read, parse and check a file. Raises ConfigError naming the first mistake."""
    return parse_config(read_text(path), source=str(path))


def parse_config(text: str, *, source: str) -> Config:
    """Turn TOML text into a Config; `source` names it in messages."""
    config = checked(toml_document(text, source), Config, source)
    _check_together(config, source)
    return config


def toml_document(text: str, source: str) -> dict[str, Any]:
    """Raises ConfigError for text that is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            "config_not_toml", f"{source} is not valid TOML", hint="fix the line named below"
        ) from error


def checked(document: dict[str, Any], shape: type[C], source: str) -> C:
    """Return the document as `shape`. Raises ConfigError naming the first mistake."""
    _check_schema_version(document, source)
    _refuse_unknown_keys(document, shape, source)
    config = _build(document, shape, source)
    for path, value, spec in _leaves(config):
        _check_limits(path, value, spec, source)
    return config


def load_node_config(path: Path) -> NodeConfig:
    """Read what a node that is no replica needs of a file. Raises ConfigError."""
    source = str(path)
    document = toml_document(read_text(path), source)
    wanted = {spec.name for spec in dataclasses.fields(NodeConfig)}
    others = {spec.name for spec in dataclasses.fields(Config)} - wanted
    mine = {name: value for name, value in document.items() if name not in others}
    return checked(mine, NodeConfig, source)


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            "config_missing",
            f"no configuration at {path}",
            hint="write one (docs/configuration.md), or name it with --config",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config_unreadable", f"cannot read {path}", hint=HINT) from error


def _check_schema_version(document: dict[str, Any], source: str) -> None:
    found = document.get("schema")
    if found != SCHEMA_VERSION:
        raise ConfigError(
            "config_schema_unsupported",
            f"{source}: wanted `schema = {SCHEMA_VERSION}`, found {found!r}",
            hint=f"put `schema = {SCHEMA_VERSION}` on the first line, or install the agent version"
            " that this file was written for",
        )


def _refuse_unknown_keys(document: dict[str, Any], shape: type[Any], source: str) -> None:
    for path, known in _unknown_keys(document, shape, ""):
        name = path.rpartition(".")[2]
        close = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean `{close[0]}`? " if close else ""
        raise ConfigError(
            "config_unknown_key",
            f"{source}: unknown key `{path}`",
            hint=f"{guess}known here: {', '.join(sorted(known))}",
            key=path,
        )


def _unknown_keys(
    document: dict[str, Any], shape: type[Any], prefix: str
) -> Iterator[tuple[str, list[str]]]:
    types = typing.get_type_hints(shape)
    for name, value in document.items():
        if name not in types:
            yield f"{prefix}{name}", list(types)
        elif dataclasses.is_dataclass(types[name]) and isinstance(value, dict):
            yield from _unknown_keys(value, types[name], f"{prefix}{name}.")


def _build(document: dict[str, Any], shape: type[C], source: str) -> C:
    hooks: dict[Any, Any] = {float: _number, tuple[str, ...]: _frozen_list}
    try:
        return dacite.from_dict(shape, document, dacite.Config(strict=True, type_hooks=hooks))
    except dacite.MissingValueError as error:
        raise ConfigError(
            "config_missing_key", f"{source}: `{error.field_path}` is required", hint=HINT
        ) from None
    except dacite.WrongTypeError as error:
        found = list(error.value) if isinstance(error.value, tuple) else error.value  # as written
        raise ConfigError(
            "config_wrong_type",
            f"{source}: `{error.field_path}` is {found!r}, wanted {_in_toml(error.field_type)}",
            hint=HINT,
        ) from None


def _number(value: object) -> object:
    """Let `300` stand for `300.0`, but not `true` and not `"300"`."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _frozen_list(value: object) -> object:
    """Turn TOML's list into the tuple of a frozen dataclass; text is not a list of letters."""
    if isinstance(value, list):
        return tuple(value)
    raise dacite.WrongTypeError(tuple[str, ...], value)


def _in_toml(hint: Any) -> str:
    """Name a type in the words of the file's author.

    >>> _in_toml(float), _in_toml(tuple[str, ...]), _in_toml(dict[str, str])
    ('a number', 'a list of texts', 'a table of texts')
    """
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(repr(choice) for choice in typing.get_args(hint))
    names = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    if dataclasses.is_dataclass(hint):
        return "a section"
    return names.get(hint, "a list of texts" if hint == tuple[str, ...] else "a table of texts")


def _leaves(section: Any, prefix: str = "") -> Iterator[tuple[str, Any, dataclasses.Field[Any]]]:
    for spec in dataclasses.fields(section):
        value = getattr(section, spec.name)
        if dataclasses.is_dataclass(value):
            yield from _leaves(value, f"{prefix}{spec.name}.")
        else:
            yield f"{prefix}{spec.name}", value, spec


def _check_limits(path: str, value: Any, spec: dataclasses.Field[Any], source: str) -> None:
    least, most, pattern = (spec.metadata[name] for name in ("least", "most", "pattern"))
    if isinstance(value, bool) and spec.type != "bool":
        raise ConfigError("config_wrong_type", f"{source}: `{path}` is {value!r}", hint=HINT)
    wanted = ""
    if least is not None and (value < least or math.isnan(value)):  # TOML has `nan`
        wanted = f"at least {least}"
    elif most is not None and value > most:
        wanted = f"at most {most}"
    elif pattern and not all(re.fullmatch(pattern, item) for item in _texts(value)):
        wanted = f"text like {pattern}"
    if wanted:
        raise ConfigError(
            "config_out_of_range", f"{source}: `{path}` is {value!r}, wanted {wanted}", hint=HINT
        )


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _check_together(config: Config, source: str) -> None:
    """Check what no single key shows."""
    if problem := next(contradictions(config), None):
        raise ConfigError("config_contradiction", f"{source}: {problem}", hint=HINT)
