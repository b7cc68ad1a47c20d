"""What is published of a version: the bundle, the templates, and the check sums of them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ladybug_agent.errors import Refused
from ladybug_fleet.bundle.check import CheckedBundle
from ladybug_fleet.bundle.checkout import Checkout

CHECKSUMS = "SHA256SUMS"
TYPES = {
    ".gz": "application/gzip",
    ".json": "application/json",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True)  # no slots: the digest is kept
class Artefact:
    """A file to publish; `name` is its path below the version."""

    name: str
    data: bytes

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256 of the data."""
        return hashlib.sha256(self.data).digest()

    @property
    def content_type(self) -> str:
        return TYPES.get(Path(self.name).suffix, "text/plain; charset=utf-8")


def artefacts(bundle: CheckedBundle, checkout: Checkout) -> list[Artefact]:
    """Return all that is published, the bundle first, the check sums last.

    Raises Refused when bundle and checkout are of two versions: the templates would not fit.
    """
    if bundle.version != checkout.version:
        raise Refused(
            "bundle_version_differs",
            f"wanted a bundle of version {checkout.version}, that of this clone, found"
            f" {bundle.version}",
            hint="ladybug-fleet build; or check out the tag of that version",
        )
    first = Artefact(bundle.filename, bundle.data)
    beside = Artefact(f"{bundle.filename}.sha256", bundle.checksum_line.encode())
    found = [first, beside, *_templates(checkout.root / "packaging")]
    # Whoever finds the check sums finds all that they are of.
    return [*found, Artefact(CHECKSUMS, _checksums(found))]


def _templates(packaging: Path) -> Iterator[Artefact]:
    for path in sorted((packaging / "cloudformation").glob("*.yaml")):
        yield Artefact(f"cloudformation/{path.name}", path.read_bytes())


def _checksums(found: list[Artefact]) -> bytes:
    """Return what `sha256sum --check` reads."""
    return "".join(f"{one.digest.hex()}  {one.name}\n" for one in found).encode()
