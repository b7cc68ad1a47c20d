"""The container image: pulled by digest, so that what runs is what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ConfigError, ExternalFailure
from ladybug_agent.model.containers import ImageFacts, RegistryLogin
from ladybug_agent.ports.containers import ContainerEngine

STORAGE_VERSIONS_LABEL = "org.ladybugdb.storage-versions"
REFERENCE = re.compile(
    r"(?P<repository>[^@\s]+?)(:(?P<tag>\w[\w.-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """`repository[:tag][@digest]`, as Docker writes it."""

    text: str
    repository: str
    tag: str
    digest: str

    def at(self, digest: str) -> str:
        return f"{self.repository}@{digest}"

    @property
    def by_tag(self) -> str:
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledImage:
    """Evidence: the engine has exactly the image that the reference means now."""

    configured: str
    digest: str
    image_id: str
    storage_versions: str
    """What the image's label says it reads, such as `40-49`; empty without a label."""


def parse_image_reference(text: str) -> ImageReference:
    """Split a reference; a missing tag means `latest`, as for Docker.

    >>> parse_image_reference("127.0.0.1:5000/graph-api:1.2").by_tag
    '127.0.0.1:5000/graph-api:1.2'
    >>> parse_image_reference("127.0.0.1:5000/graph-api").by_tag
    '127.0.0.1:5000/graph-api:latest'
    """
    found = REFERENCE.fullmatch(text)
    if found is None:
        raise ConfigError(
            "image_reference_invalid",
            f"`container.image` is `{text}`, wanted repository:tag or repository@sha256:…",
            hint="copy the image URI from ECR",
        )
    return ImageReference(
        text=text,
        repository=found["repository"],
        tag=found["tag"] or "latest",
        digest=found["digest"] or "",
    )


def inspect_image(
    engine: ContainerEngine, reference: ImageReference, digest: str
) -> PulledImage | None:
    """Return the image if the engine has the digest; asks no registry."""
    found = engine.image(reference.at(digest))
    return _evidence(found, reference, digest) if found else None


def ensure_image(
    engine: ContainerEngine,
    reference: ImageReference,
    login: Callable[[], RegistryLogin],
    on_progress: Callable[[int], None],
    deadline: Deadline,
) -> PulledImage:
    """Resolve the tag, pull what is missing, and return the image. Blocks for the pull.

    An image that is there by its digest needs neither registry nor login.
    """
    if reference.digest and (found := inspect_image(engine, reference, reference.digest)):
        return found
    access = login()
    digest = reference.digest or engine.resolve(reference.by_tag, access)
    if found := inspect_image(engine, reference, digest):
        return found
    engine.pull(reference.at(digest), access, on_progress, deadline)
    if pulled := inspect_image(engine, reference, digest):
        return pulled
    raise ExternalFailure(
        "image_not_there_after_pull",
        f"the pull of {reference.at(digest)} ended well, but the engine does not have it",
        hint="is something pruning images?"
        " `docker events --since 1h --until 0s --filter type=image`",
    )


def _evidence(found: ImageFacts, reference: ImageReference, digest: str) -> PulledImage:
    return PulledImage(
        configured=reference.text,
        digest=digest,
        image_id=found.image_id,
        storage_versions=found.labels.get(STORAGE_VERSIONS_LABEL, ""),
    )
