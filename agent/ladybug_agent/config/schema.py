"""The configuration as JSON Schema (draft 2020-12), for editors: `ladybug-agent config schema`."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from ladybug_agent.config import Config

SCALARS: dict[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def config_json_schema() -> dict[str, Any]:
    """Return a schema that accepts what `load_config` accepts, key by key."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ladybug-agent configuration",
        **_section(Config),
    }


def _section(shape: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(shape)
    fields = dataclasses.fields(shape)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [spec.name for spec in fields if _is_required(spec)],
        "properties": {spec.name: _key(spec, hints[spec.name]) for spec in fields},
    }


def _is_required(spec: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return spec.default is missing and spec.default_factory is missing


def _key(spec: dataclasses.Field[Any], hint: Any) -> dict[str, Any]:
    described = {"description": spec.metadata["doc"], **_type(hint, spec)}
    if spec.default is not dataclasses.MISSING and not dataclasses.is_dataclass(spec.default):
        described["default"] = spec.default
    return described


def _type(hint: Any, spec: dataclasses.Field[Any]) -> dict[str, Any]:
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _section(hint)
    if origin is typing.Literal:
        return {"enum": list(typing.get_args(hint))}
    if origin is tuple:
        item = {"type": "string", **_limits(spec)}
        return {"type": "array", "items": item, "uniqueItems": True}
    if origin is dict:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if hint in SCALARS and not isinstance(hint, types.UnionType):
        return {"type": SCALARS[hint], **_limits(spec)}
    message = f"no JSON Schema for {hint}"
    raise TypeError(message)


def _limits(spec: dataclasses.Field[Any]) -> dict[str, Any]:
    names = {"least": "minimum", "most": "maximum", "pattern": "pattern"}
    limits = {
        names[name]: spec.metadata[name] for name in names if spec.metadata[name] not in (None, "")
    }
    if "pattern" in limits:
        limits["pattern"] = f"^({limits['pattern']})$"
    return limits
