"""The check `image.registry`: is the configured image where the next pull will look for it."""

from __future__ import annotations

from ladybug_agent.diagnose.aws_sights import image_digest
from ladybug_agent.diagnose.check import Check, Found, Remedy
from ladybug_agent.diagnose.checks.volume import ASKED, CALLS
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.sights import served
from ladybug_agent.errors import AgentError
from ladybug_agent.resources.image import parse_image_reference


def look_at_image(scene: Scene) -> Found:
    """Ask the registry for the manifest. While a replica serves, what is missing is a warning."""
    image = parse_image_reference(scene.config.container.image)
    known = served(scene)
    try:
        digest = image_digest(scene, image.repository, image.digest or image.tag)
    except AgentError as error:
        if known is None:
            raise
        action = str(error.facts.get("iam_action", ""))
        return Found(
            message=f"the replica serves, but its next boot will not: {error}",
            code=error.code,
            remedy=Remedy(text=error.hint, iam=(action,) if action else ()),
        )
    evidence = {"image": image.text, "digest": digest}
    if known and known.image == image.text and known.image_digest != digest:
        message = f"the tag now means {digest[:19]}, {known.image_digest[:19]} runs: see `refresh`"
        return Found(message=message, evidence=evidence)
    return Found(message=f"there, as {digest[:19]}", evidence=evidence)


CHECKS: tuple[Check, ...] = (
    Check(
        id="image.registry",
        asks="does the image registry have the configured image?",
        look=look_at_image,
        needs=("agent.config", *CALLS),
        follows=ASKED,
        is_quick=False,
    ),
)
