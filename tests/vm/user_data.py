"""User data as a launch template has it: a header, and the stub as it is shipped."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

STUB = Path(__file__).resolve().parents[2] / "packaging" / "userdata.sh"
MOST_BYTES = 16 * 1024
"""What EC2 takes, before base64."""


def user_data(variables: Mapping[str, str], configuration: str, *, stub: str | None = None) -> str:
    """Return the script; `stub` replaces the shipped one."""
    lines = [
        "#!/bin/bash",
        *(f"LADYBUG_{name}={shlex.quote(value)}" for name, value in variables.items()),
        "mkdir -p /etc/ladybug-agent",
        "cat >/etc/ladybug-agent/config.toml <<'CONFIG'",
        configuration.rstrip(),
        "CONFIG",
        "",
    ]
    text = "\n".join(lines) + (STUB.read_text(encoding="utf-8") if stub is None else stub)
    assert len(text.encode()) <= MOST_BYTES
    return text
