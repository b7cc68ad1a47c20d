"""Publishing a version: each file uploaded, looked at again, and named if it is not what it was.

A version that was published never changes: instances know it by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_fleet.publishing.artefact import Artefact
from ladybug_fleet.publishing.store import Store

Outcome = Literal["uploaded", "was there"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A file that is in the store, as it is here: the store was asked after the upload."""

    name: str
    uri: str
    sha256: str
    size: int
    outcome: Outcome


def publish_all(
    store: Store, artefacts: Sequence[Artefact], told: Callable[[Published], None]
) -> list[Published]:
    """Publish the files in their order; stop at the first that fails, whose error names it.

    What is there already, with the same bytes, is left as it is, so a run that failed is repeated.
    """
    done: list[Published] = []
    for artefact in artefacts:
        done.append(_publish(store, artefact))
        told(done[-1])
    return done


def _publish(store: Store, artefact: Artefact) -> Published:
    is_new = store.put_new(artefact)
    if not _is_there(store, artefact):
        raise _corrupted(store, artefact) if is_new else _taken(store, artefact)
    return Published(
        name=artefact.name,
        uri=store.uri(artefact.name),
        sha256=artefact.digest.hex(),
        size=len(artefact.data),
        outcome="uploaded" if is_new else "was there",
    )


def _is_there(store: Store, artefact: Artefact) -> bool:
    """Whether the store has exactly this file: by its check sum, else by reading all of it."""
    found = store.look(artefact.name)
    if found is None or found.size != len(artefact.data):
        return False
    digest = found.digest or hashlib.sha256(store.read(artefact.name)).digest()
    return digest == artefact.digest


def _corrupted(store: Store, artefact: Artefact) -> ExternalFailure:
    uri = store.uri(artefact.name)
    return ExternalFailure(
        "upload_corrupted",
        f"wanted {artefact.name} at {uri} as it is here, found something else after the upload",
        hint=f"aws s3 rm {uri}; then publish again",
        file=artefact.name,
    )


def _taken(store: Store, artefact: Artefact) -> Refused:
    return Refused(
        "version_published_differently",
        f"wanted to publish {artefact.name}, found another file at {store.uri(artefact.name)}",
        hint="a published version never changes: raise the version; or build that which was tagged",
        file=artefact.name,
    )
