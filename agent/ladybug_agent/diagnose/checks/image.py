"""Does the engine have the image?"""

from __future__ import annotations

from ladybug_agent.config.bare import NOTHING
from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found, not_asked
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import Refused
from ladybug_agent.resources.image import parse_image_reference


def _present(scene: Scene) -> Found:
    known = sights.served(scene)
    image = known.image if known else scene.config.container.image
    if image == NOTHING:
        return not_asked("no configuration names an image")
    digest = known.image_digest if known else ""
    reference = parse_image_reference(image).at(digest) if digest else image
    found = scene.world.containers.image(reference)
    if found is None and not digest and "@" not in image:
        return not_asked("no boot says which digest the tag meant, and it is pulled by that")
    if found is None:
        raise Refused(
            "image_not_present",
            f"wanted the image {image}, the engine does not have it",
            hint="`ladybug-agent bootstrap` pulls it; is something pruning images?",
            digest=digest,
        )
    return Found(message=f"the engine has {image}", evidence={"image_id": found.image_id})


CHECKS = (
    Check(
        id="image.present",
        asks="does the engine have the image?",
        look=_present,
        needs=("engine.socket",),
        follows=("image.registry", "boot.outcome", "machine.root_disk"),
    ),
)
