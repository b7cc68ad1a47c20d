"""Other versions of the lab's image, in its registry, for a replica to be refreshed to."""

from __future__ import annotations

import io
import uuid

from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.depot import ACCOUNT_ID, ECR_USER, REPOSITORY, Depot
from support.booting import engine


def publish_variant(depot: Depot, *lines: str) -> str:
    """Push the lab's image with these lines of a Dockerfile on top; return its reference.

    The engine must have the lab's image, which it has after a boot, and keeps nothing of this.
    """
    repository, tag = f"{depot.registry.host}/{REPOSITORY}", uuid.uuid4().hex[:12]
    recipe = "\n".join(
        [f"FROM {depot.by_digest}", f"LABEL org.ladybugdb.lab.variant={tag}", *lines]
    )
    login = {"username": ECR_USER, "password": registry_password(ACCOUNT_ID)}
    with engine() as client:
        image, _ = client.images.build(
            fileobj=io.BytesIO(recipe.encode()), tag=f"{repository}:{tag}", pull=False, rm=True
        )
        lines_of_push = client.api.push(
            repository, tag=tag, auth_config=login, stream=True, decode=True
        )
        assert [line for line in lines_of_push if "error" in line] == []
        client.images.remove(str(image.id), force=True)
    return f"{repository}:{tag}"


def forget_variants() -> None:
    """Remove what refreshes left in the engine."""
    with engine() as client:
        found = client.images.list(filters={"label": "org.ladybugdb.lab.variant"}, all=True)
        for image in found:
            client.images.remove(str(image.id), force=True)
