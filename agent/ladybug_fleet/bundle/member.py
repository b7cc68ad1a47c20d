"""One file of a bundle, and what the manifest says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

SCHEMA = "ladybug.bundle/1"
MANIFEST = "manifest.json"
PROGRAM = 0o755
PLAIN = 0o644


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Member:
    """A file; `path` is below the bundle's one directory, and `mode` is 0644 or 0755."""

    path: str
    data: bytes
    mode: int = PLAIN


def document(path: str, value: object) -> Member:
    """Return a member that holds JSON."""
    return Member(path=path, data=(json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def manifest_of(members: Sequence[Member], *, version: str, requires_python: str) -> Member:
    """Return the manifest: every other file with its SHA-256, size in bytes and mode."""
    return document(
        MANIFEST,
        {
            "schema": SCHEMA,
            "name": "ladybug-agent",
            "version": version,
            "requires_python": requires_python,
            "files": [entry(member) for member in sorted(members)],
        },
    )


def entry(member: Member) -> dict[str, object]:
    return {
        "path": member.path,
        "sha256": hashlib.sha256(member.data).hexdigest(),
        "size": len(member.data),
        "mode": f"{member.mode:04o}",
    }
