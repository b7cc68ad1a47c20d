"""Plain facts about what AWS thinks of the instance: frozen, parsed at the edge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who AWS takes the instance for (STS GetCallerIdentity)."""

    arn: str
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeHealth:
    """What EC2's own checks say of a volume (DescribeVolumeStatus); up to 5 minutes old."""

    status: str
    """`ok`, `warning`, `impaired` or `insufficient-data`."""
    details: tuple[str, ...] = ()
    """What is not well, such as `io-enabled: failed`."""
    events: tuple[str, ...] = ()
    """What EC2 has to say about it, in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """What the load balancer thinks of the instance (DescribeTargetHealth)."""

    state: str
    """`healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`."""
    reason: str = ""
    """Its code, such as `Target.Timeout`."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """What Auto Scaling thinks of the instance (DescribeAutoScalingInstances)."""

    group: str
    lifecycle_state: str
    """`Pending:Wait`, `InService`, `Standby`, `Terminating:Wait` ..."""
    health_status: str
    """`HEALTHY` or `UNHEALTHY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An HTTP answer of an endpoint, whatever it says: it is there, and speaks."""

    took_ms: float
    ahead_s: float | None
    """How far its clock is ahead of ours, by its `Date` header, to a second; None without one."""
