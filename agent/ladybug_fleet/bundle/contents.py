"""All files of a bundle, from the checkout and from what is made of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.bundle.closure import graph
from ladybug_fleet.bundle.lock import Pin, requirements_text
from ladybug_fleet.bundle.member import PLAIN, PROGRAM, Member, document, manifest_of
from ladybug_fleet.bundle.pages import PARSERS, completion, man_page
from ladybug_fleet.bundle.sbom import bill_of_materials
from ladybug_fleet.bundle.wheel import Wheel

FOLDERS = {
    "packaging/bundle": "",
    "packaging/cloudwatch": "cloudwatch/",
    "packaging/journald": "journald/",
    "packaging/logrotate": "logrotate/",
    "systemd": "systemd/",
}
"""What is taken as it is, and where it goes."""


def contents(checkout: Checkout, own: Wheel, wheels: Sequence[Wheel]) -> list[Member]:
    """Return every file of the bundle; the last is the manifest of the others."""
    members = [
        *_copied(checkout),
        *_generated(checkout),
        *_wheelhouse(own, wheels),
        document("sbom.cdx.json", bill_of_materials(own, wheels, _needs(checkout, own, wheels))),
    ]
    manifest = manifest_of(
        members,
        version=checkout.version,
        requires_python=str(checkout.project["requires-python"]),
    )
    return [*members, manifest]


def _copied(checkout: Checkout) -> Iterator[Member]:
    yield Member(path="LICENSE", data=(checkout.root / "LICENSE").read_bytes())
    for folder, prefix in FOLDERS.items():
        base = checkout.root / folder
        for path in sorted(base.rglob("*")):
            if path.is_file() and path != checkout.lock:
                name = path.relative_to(base).as_posix()
                yield Member(path=prefix + name, data=path.read_bytes(), mode=_mode(path))


def _mode(path: Path) -> int:
    """Return one of two modes: git keeps no more, and the umask of a clone changes the rest."""
    return PROGRAM if path.stat().st_mode & stat.S_IXUSR else PLAIN


def _generated(checkout: Checkout) -> Iterator[Member]:
    for program in PARSERS:
        yield Member(path=f"man/{program}.1", data=man_page(program, checkout.version).encode())
        # Under the names by which each shell finds them in its directory.
        bash, zsh = f"completion/bash/{program}", f"completion/zsh/_{program}"
        yield Member(path=bash, data=completion(program, "bash").encode())
        yield Member(path=zsh, data=completion(program, "zsh").encode())


def _wheelhouse(own: Wheel, wheels: Sequence[Wheel]) -> Iterator[Member]:
    everything = (own, *wheels)
    for wheel in everything:
        yield Member(path=f"wheels/{wheel.filename}", data=wheel.data)
    pins = [Pin(name=one.name, version=one.version, sha256=one.sha256) for one in everything]
    yield Member(path="requirements.txt", data=requirements_text(pins).encode())


def _needs(checkout: Checkout, own: Wheel, wheels: Sequence[Wheel]) -> dict[str, tuple[str, ...]]:
    return dict(graph(checkout.project["dependencies"], wheels, own.name, checkout.oldest_python))
