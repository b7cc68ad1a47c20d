"""Reads a bundle back and believes nothing: every file against the manifest, the whole against
the check sum beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ladybug_agent.errors import Refused
from ladybug_fleet.bundle.archive import unpack
from ladybug_fleet.bundle.member import MANIFEST, SCHEMA, Member, entry

AGAIN = "build it again, or fetch it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBundle:
    """A bundle that is whole, whose manifest is true, and whose names agree on its version."""

    filename: str
    version: str
    sha256: str
    data: bytes
    members: tuple[Member, ...]

    @property
    def checksum_line(self) -> str:
        """What `sha256sum --check` reads."""
        return f"{self.sha256}  {self.filename}\n"


def sidecar(path: Path) -> Path:
    """Return the path of the file beside a bundle that has its SHA-256."""
    return path.with_name(f"{path.name}.sha256")


def check_file(path: Path) -> CheckedBundle:
    """Return the bundle at `path`, whose check sum is in the file beside it. Raises Refused."""
    try:
        data, said = path.read_bytes(), sidecar(path).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            "bundle_missing",
            f"wanted a bundle and its .sha256 at {path}, found that one cannot be read",
            hint="ladybug-fleet build",
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if said[:1] != [found]:
        raise Refused(
            "bundle_hash_mismatch",
            f"wanted {path.name} with SHA-256 {' '.join(said[:1])}, found {found}",
            hint=AGAIN,
        )
    return check_bundle(path.name, data)


def check_bundle(filename: str, data: bytes) -> CheckedBundle:
    """Return the bundle. Raises Refused if it is torn, or its manifest does not say what it is."""
    top, members = unpack(data)
    manifest = _manifest(members)
    version = str(manifest.get("version"))
    names = {filename.removesuffix(".tar.gz"), top, f"{manifest.get('name')}-{version}"}
    if len(names) != 1:
        raise Refused(
            "bundle_version_differs",
            f"wanted one name and version for {filename}, found {', '.join(sorted(names))}",
            hint="a bundle is not renamed: build the version that is wanted",
        )
    _compare(manifest, [member for member in members if member.path != MANIFEST])
    return CheckedBundle(
        filename=filename,
        version=version,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        members=tuple(members),
    )


def _manifest(members: Sequence[Member]) -> dict[str, Any]:
    text = next((member.data for member in members if member.path == MANIFEST), b"{}")
    try:
        found: dict[str, Any] = json.loads(text)
        schema = found.get("schema")
    except (ValueError, AttributeError) as error:
        raise _untrue(f"what is no JSON object in {MANIFEST}") from error
    if schema != SCHEMA:
        raise _untrue(f"{MANIFEST} with schema {schema}")
    return found


def _compare(manifest: dict[str, Any], members: Sequence[Member]) -> None:
    said = {json.dumps(one, sort_keys=True) for one in manifest.get("files", ())}
    true = {json.dumps(entry(member), sort_keys=True): member.path for member in members}
    wrong = sorted(path for line, path in true.items() if line not in said)
    if wrong or len(said) != len(true):
        what = f"{wrong[0]}, of which it says otherwise" if wrong else "files that are not there"
        raise _untrue(what)


def _untrue(found: str) -> Refused:
    return Refused(
        "bundle_manifest_untrue",
        f"wanted a bundle that is as its manifest says, found {found}",
        hint=AGAIN,
    )
