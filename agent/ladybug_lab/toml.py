"""A configuration file, written: Python itself only reads TOML."""

from __future__ import annotations

import json
from typing import Any


def as_toml(sections: dict[str, dict[str, Any]]) -> str:
    """Write TOML; JSON's strings, numbers, booleans and lists are TOML's too."""
    lines = ["schema = 1"]
    for name, section in sections.items():
        lines += ["", f"[{name}]"]
        for key, value in section.items():
            if isinstance(value, dict):
                inner = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items())
                lines.append(f"{key} = {{ {inner} }}")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"
