"""Snapshots by EC2's API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ladybug_agent.errors import ExternalFailure
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.snapshots.model import Snapshot

ABSENT = frozenset({"InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed"})


class Ec2Snapshots:
    """Pages are followed: EC2 promises neither an order nor that a page has anything in it."""

    def __init__(self, ec2: Any, sts: Any) -> None:
        self._ec2 = ec2
        self._sts = sts

    def tagged(self, tags: Mapping[str, str]) -> tuple[Snapshot, ...]:
        # Without an owner these would be all public snapshots of the region as well.
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
        return self._described(OwnerIds=["self"], Filters=filters)

    def by_id(self, snapshot_id: str) -> Snapshot | None:
        try:
            found = self._described(SnapshotIds=[snapshot_id])
        except ExternalFailure as error:
            if error.facts.get("aws_code") in ABSENT:
                return None
            raise
        return found[0] if found else None

    def shared(self) -> tuple[Snapshot, ...]:
        found = self._described(RestorableByUserIds=["self"])
        return tuple(one for one in found if one.owner_id != self.account())

    def account(self) -> str:
        return self._account

    @cached_property
    def _account(self) -> str:
        with aws_errors("sts:GetCallerIdentity"):
            return str(self._sts.get_caller_identity()["Account"])

    def _described(self, **question: Any) -> tuple[Snapshot, ...]:
        with aws_errors("ec2:DescribeSnapshots"):
            pages = self._ec2.get_paginator("describe_snapshots").paginate(**question)
            return tuple(_snapshot(one) for page in pages for one in page.get("Snapshots", ()))


def _snapshot(said: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        snapshot_id=said["SnapshotId"],
        owner_id=said.get("OwnerId", ""),
        state=said["State"],
        progress=said.get("Progress", ""),
        started_at=said["StartTime"],
        encrypted=said["Encrypted"],
        tier=said.get("StorageTier", "standard"),
        volume_id=said.get("VolumeId", ""),
        size_gib=said.get("VolumeSize", 0),
        tags={tag["Key"]: tag["Value"] for tag in said.get("Tags", ())},
    )
