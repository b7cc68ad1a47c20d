"""Writes `docs/configuration.md` from the configuration's own descriptions: `./dev docs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ladybug_agent.config.schema import config_json_schema

TARGET = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = """\
# Configuration

One TOML file, `/etc/ladybug-agent/config.toml` unless `--config` names another. An unknown key is
an error, as is a value of the wrong type or out of range: `ladybug-agent config check` names the
first mistake by its path, on any machine. For completion and checks in an editor write the schema
to a file, `ladybug-agent config schema > ladybug-agent.schema.json`, and refer to it on the file's
first line (Taplo and Even Better TOML read `#:schema ./ladybug-agent.schema.json`).

Times ending in `_s` are seconds, sizes ending in `_bytes` are bytes. This page is written by
`./dev docs` from the descriptions in `agent/ladybug_agent/config/`.

The file starts with `schema = 1`, the version of this format.
"""


def reference() -> str:
    """Return the whole page."""
    sections = config_json_schema()["properties"]
    parts = [HEAD]
    for name, section in sections.items():
        if section.get("type") == "object":
            parts.append(_section(name, section))
    return "\n".join(parts)


def _section(name: str, section: dict[str, Any]) -> str:
    lines = [
        f"## `[{name}]`: {section['description']}",
        "",
        "| key | type | default | meaning |",
        "|---|---|---|---|",
    ]
    required = set(section["required"])
    for key, spec in section["properties"].items():
        default = "required" if key in required else f"`{json.dumps(_default(spec))}`"
        lines.append(f"| `{key}` | {_type(spec)} | {default} | {spec['description']} |")
    return "\n".join(lines) + "\n"


def _default(spec: dict[str, Any]) -> object:
    return spec.get("default", {} if spec.get("type") == "object" else None)


def _type(spec: dict[str, Any]) -> str:
    if "enum" in spec:
        return " or ".join(f"`{choice}`" for choice in spec["enum"])
    names = {
        "string": "text",
        "boolean": "true or false",
        "integer": "whole number",
        "number": "number",
        "array": "list of texts",
        "object": "table of texts",
    }
    limits = [f"from {spec['minimum']:g}"] if "minimum" in spec else []
    limits += [f"to {spec['maximum']:g}"] if "maximum" in spec else []
    return " ".join([names[spec["type"]], *limits])


def main() -> None:
    TARGET.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
