"""Making a bundle, top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.errors import Refused
from ladybug_agent.files import write_atomically, write_bytes_atomically
from ladybug_fleet.bundle.archive import pack
from ladybug_fleet.bundle.check import CheckedBundle, check_bundle, sidecar
from ladybug_fleet.bundle.checkout import Checkout
from ladybug_fleet.bundle.closure import require_closed
from ladybug_fleet.bundle.contents import contents
from ladybug_fleet.bundle.disk import writing_to
from ladybug_fleet.bundle.lock import read_lock
from ladybug_fleet.bundle.own_wheel import build_own_wheel
from ladybug_fleet.bundle.wheelhouse import Fetch, gather

MOST_BYTES = 25 * 1024 * 1024
"""Each instance fetches it at its boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBundle:
    path: Path
    bundle: CheckedBundle


def build_bundle(checkout: Checkout, wheels: Path, fetch: Fetch | None) -> CheckedBundle:
    """Return a bundle of the checkout; what `wheels` lacks is fetched into it, if it may be.

    Two calls give the same bytes, whatever time, umask, locale or directory it is. Blocks for a
    second, and as long as `fetch` does. Raises ConfigError, Refused, ExternalFailure.
    """
    libraries = gather(read_lock(checkout.lock), wheels, fetch)
    require_closed(checkout.project["dependencies"], libraries, checkout.oldest_python)
    members = contents(checkout, build_own_wheel(checkout), libraries)
    bundle = check_bundle(f"{checkout.name}.tar.gz", pack(checkout.name, members))
    if len(bundle.data) > MOST_BYTES:
        raise Refused(
            "bundle_too_large",
            f"wanted a bundle of at most {MOST_BYTES} bytes, found {len(bundle.data)}",
            hint="which library has grown? compare the sizes in manifest.json with the last one's",
        )
    return bundle


def write_bundle(bundle: CheckedBundle, directory: Path) -> WrittenBundle:
    """Write the bundle, then its check sum beside it, each whole or not at all.

    Raises ExternalFailure; then there is no bundle with a check sum that is not its own.
    """
    path = directory / bundle.filename
    with writing_to(directory):
        sidecar(path).unlink(missing_ok=True)
        write_bytes_atomically(path, bundle.data)
        write_atomically(sidecar(path), bundle.checksum_line)
    return WrittenBundle(path=path, bundle=bundle)
