"""What EC2 says of the volume, and metadata of the mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from fakes.instance import MAPPING, ROOT_VOLUME, FakeEc2, FakeMetadata
from integration.volume_cases.scene import Scene, a_volume_id
from ladybug_agent.errors import AgentError, ExternalFailure

Arrange = Callable[[Scene], None]
_DAY = timedelta(days=1)

DENIED = ExternalFailure(
    "aws_access_denied",
    "DescribeVolumes was denied",
    hint="allow ec2:DescribeVolumes in the role's policy",
)
THROTTLED = ExternalFailure("aws_throttled", "DescribeVolumes was throttled")
UNREACHABLE = ExternalFailure("aws_unreachable", "no connection to ec2")


def attached(**fields: object) -> Arrange:
    """EC2 lists the root volume and the data volume; the fields are those of the latter."""

    def arrange(scene: Scene) -> None:
        volume = replace(scene.volume, **fields)  # type: ignore[arg-type]  # fields of the volume
        scene.ec2 = FakeEc2(ROOT_VOLUME, volume, snapshot=scene.snapshot)

    return arrange


AS_IT_IS = attached()


def attached_twice(**fields: object) -> Arrange:
    """EC2 lists another volume as well, at the same place."""

    def arrange(scene: Scene) -> None:
        other = replace(scene.volume, volume_id="vol-0123456789abcdef0", **fields)  # type: ignore[arg-type]
        scene.ec2 = FakeEc2(scene.volume, other, snapshot=scene.snapshot)

    return arrange


def another(**fields: object) -> Arrange:
    """EC2 lists another volume in place of the one that is there."""
    return attached(volume_id=a_volume_id(), **fields)


def no_volume(scene: Scene) -> None:
    """EC2 lists only the root volume."""
    scene.ec2 = FakeEc2(ROOT_VOLUME, snapshot=scene.snapshot)


def fails(error: AgentError) -> Arrange:
    """EC2 answers nothing."""

    def arrange(scene: Scene) -> None:
        scene.ec2 = FakeEc2(raises=error, snapshot=error)

    return arrange


def snapshot(*, age_days: float = 1.0, **fields: object) -> Arrange:
    """EC2 lists the volume, and a snapshot with these fields."""

    def arrange(scene: Scene) -> None:
        taken = scene.snapshot
        started_at = taken.started_at - (age_days - 1.0) * _DAY
        told = replace(taken, started_at=started_at, **fields)  # type: ignore[arg-type]
        scene.ec2 = FakeEc2(ROOT_VOLUME, scene.volume, snapshot=told)

    return arrange


def snapshot_unknown(error: AgentError | None = None) -> Arrange:
    """EC2 lists the volume, and does not know the snapshot or does not tell."""

    def arrange(scene: Scene) -> None:
        scene.ec2 = FakeEc2(ROOT_VOLUME, scene.volume, snapshot=error)

    return arrange


def mapping(roles: Mapping[str, str] = MAPPING, *, raises: AgentError | None = None) -> Arrange:
    """Metadata has these device names by role."""

    def arrange(scene: Scene) -> None:
        scene.metadata = FakeMetadata(mapping=roles, mapping_raises=raises)

    return arrange
