"""Does the engine have the image?"""

from __future__ import annotations

from ladybug_agent.config.bare import NOTHING
from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import Refused


def _present(scene: Scene) -> Found:
    known = sights.served(scene)
    reference = known.image_id if known else scene.config.container.image
    if reference == NOTHING:
        return Found(message="no configuration names an image", is_asked=False)
    name = f"{known.image} ({known.image_digest})" if known else reference
    found = scene.world.containers.image(reference)
    if found is None:
        raise Refused(
            "image_not_present",
            f"wanted the image {name}, the engine does not have it",
            hint="`ladybug-agent bootstrap` pulls it; is something pruning images?",
        )
    digests = found.repository_digests
    return Found(message=f"the engine has {name}", evidence={"repository_digests": digests})


CHECKS = (
    Check(
        id="image.present",
        asks="does the engine have the image?",
        look=_present,
        needs=("engine.socket",),
        follows=("image.registry", "boot.outcome", "machine.root_disk"),
    ),
)
