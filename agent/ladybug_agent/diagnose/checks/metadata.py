"""Does instance metadata answer, and who does it say that the instance is?"""

from __future__ import annotations

from ladybug_agent.diagnose import sights
from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene


def _token(scene: Scene) -> Found:
    scene.world.session.begin()
    return Found(message="instance metadata gives a session token")


def _identity(scene: Scene) -> Found:
    found = sights.identity(scene)
    return Found(
        message=f"this is {found.instance_id} in {found.availability_zone}",
        evidence={"instance_type": found.instance_type, "account_id": found.account_id},
    )


CHECKS = (
    Check(
        id="metadata.token",
        asks="does instance metadata (IMDSv2) give a token?",
        look=_token,
        is_quick=False,
    ),
    Check(
        id="metadata.identity",
        asks="does instance metadata say who the instance is?",
        look=_identity,
        needs=("metadata.token",),
        is_quick=False,
    ),
)
