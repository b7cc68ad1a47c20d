"""What a diagnosis asks AWS and the network: it only ever reads; see `ladybug_agent.ports`.

Each call is tried once, within 2 s, and raises ExternalFailure when it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ladybug_agent.model.standing import Answered, Caller, GroupMember, TargetHealth, VolumeHealth
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports.registry import Row


class LookAtVolumes(Protocol):
    """EC2's describe calls that a diagnosis makes; `Ec2` has the boot's."""

    def attached_volumes(self, instance_id: str) -> tuple[AttachedVolume, ...]: ...

    def health(self, volume_id: str) -> VolumeHealth | None:
        """Return what EC2 says of the volume, or None if it says nothing (yet)."""

    def may(self, operation: str) -> bool:
        """Return whether the role may make the call, by a DryRun of it."""


class LookAtStanding(Protocol):
    """What AWS thinks of the instance."""

    def caller(self) -> Caller: ...

    def target(self, group_arn: str, instance_id: str) -> TargetHealth:
        """Return the target's health; `unused` if it is not registered.

        Raises ConfigError `target_group_missing` where there is no such group.
        """

    def group_member(self, instance_id: str) -> GroupMember | None:
        """Return the instance's place in its Auto Scaling group; None if it has none."""


class LookAtImages(Protocol):
    """The image registry, asked as the Docker engine asks it."""

    def may_log_in(self) -> bool:
        """Return True if ECR gives a login. Raises ExternalFailure if it gives none."""

    def digest(self, repository: str, reference: str) -> str:
        """Return what a tag or digest means there now.

        Raises ExternalFailure `image_not_found`, `image_pull_denied` or
        `image_registry_unreachable`.
        """


class LookAtRegistry(Protocol):
    def row(self, instance_id: str) -> Row | None:
        """Return the row by a strongly consistent read."""


class LookAtReach(Protocol):
    """The network, and the time at its other end."""

    def resolve(self, host: str) -> str:
        """Return an address of the host. Raises ExternalFailure `name_not_resolved`."""

    def ask(self, url: str) -> Answered:
        """Send a request that nobody signed. Raises ExternalFailure `aws_unreachable`."""

    def endpoint_url(self, service: str, region: str) -> str:
        """Return where a service is: redirected as the AWS SDKs are, or at its public name."""

    def is_clock_synchronized(self) -> bool | None:
        """Return whether the kernel's clock follows a time server; None if nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsLooks:
    """All that a diagnosis asks AWS."""

    volumes: LookAtVolumes
    standing: LookAtStanding
    images: LookAtImages
    registry: LookAtRegistry
