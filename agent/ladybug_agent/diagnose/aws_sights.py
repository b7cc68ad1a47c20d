"""What AWS says of the instance: each thing asked once for all checks."""

from __future__ import annotations

from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.sights import identity, served
from ladybug_agent.model.standing import Caller, GroupMember, TargetHealth, VolumeHealth
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports.registry import Row


def instance_id(scene: Scene) -> str:
    """Return who we are by what the boot left, or else by instance metadata."""
    known = served(scene)
    told = str(known.row.get("instance_id", "")) if known else ""
    return told or identity(scene).instance_id


def region(scene: Scene) -> str:
    known = served(scene)
    told = scene.config.aws.region or (str(known.row.get("region", "")) if known else "")
    return told or identity(scene).region


def caller(scene: Scene) -> Caller:
    return scene.sights.once("caller", scene.world.aws.standing.caller)


def registry_row(scene: Scene) -> Row | None:
    key = instance_id(scene)
    return scene.sights.once("row", lambda: scene.world.aws.registry.row(key))


def attached_volumes(scene: Scene) -> tuple[AttachedVolume, ...]:
    key = instance_id(scene)
    return scene.sights.once("volumes", lambda: scene.world.aws.volumes.attached_volumes(key))


def volume_health(scene: Scene, volume_id: str) -> VolumeHealth | None:
    look = lambda: scene.world.aws.volumes.health(volume_id)  # noqa: E731 - as the others
    return scene.sights.once(f"health of {volume_id}", look)


def target(scene: Scene) -> TargetHealth:
    key, arn = instance_id(scene), scene.config.drain.target_group_arn
    return scene.sights.once("target", lambda: scene.world.aws.standing.target(arn, key))


def group_member(scene: Scene) -> GroupMember | None:
    key = instance_id(scene)
    return scene.sights.once("member", lambda: scene.world.aws.standing.group_member(key))


def image_digest(scene: Scene, repository: str, reference: str) -> str:
    def look() -> str:
        return scene.world.aws.images.digest(repository, reference)

    return scene.sights.once(f"image {repository} {reference}", look)
