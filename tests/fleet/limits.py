"""What AWS lets one account ask for in one Region, by the pages that say so.

What is not published is assumed, and marked as such.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A token bucket: `burst` at once, then `per_second`."""

    burst: float
    per_second: float
    code: str
    """The error code of an answer that is refused for want of tokens."""
    source: str


DESCRIBE = Limit(
    burst=100,
    per_second=20,
    code="RequestLimitExceeded",
    source="Request throttling for the Amazon EC2 API: non-mutating actions, each action by itself",
)
ECR_TOKEN = Limit(
    burst=200,
    per_second=200,
    code="ThrottlingException",
    source="Amazon ECR service quotas: 500/s of GetAuthorizationToken now, 200/s when announced in"
    " 2020; the smaller is taken",
)
PARTITION_READ = Limit(
    burst=3000,
    per_second=3000,
    code="ProvisionedThroughputExceededException",
    source="DynamoDB warm throughput in different scenarios: 3,000 read units/s a partition",
)
PARTITION_WRITE = Limit(
    burst=1000,
    per_second=1000,
    code="ProvisionedThroughputExceededException",
    source="DynamoDB warm throughput in different scenarios: 1,000 write units/s a partition",
)
PARTITIONS = 4
"""A new on-demand table serves 4,000 write and 12,000 read units/s: as many as four partitions."""
AUTO_SCALING = Limit(
    burst=100,
    per_second=20,
    code="Throttling",
    source="assumed as for EC2: Auto Scaling publishes no rates, only that all its actions share"
    " one bucket (re:Post, Auto Scaling API calls are throttled)",
)
UNLIMITED = Limit(burst=1e12, per_second=1e12, code="", source="a Region without limits")

DescribeVolumes, DescribeSnapshots = "ec2:DescribeVolumes", "ec2:DescribeSnapshots"
GetAuthorizationToken = "ecr:GetAuthorizationToken"
CompleteLifecycleAction = "autoscaling:CompleteLifecycleAction"
PULL = "ecr:BatchGetImage"
GetItem, PutItem, UpdateItem = "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"
READ_UNIT_BYTES, WRITE_UNIT_BYTES = 4096, 1024
"""A strongly consistent read costs a unit for each 4 KB, a write for each 1 KB."""

BY_ACTION = {
    DescribeVolumes: DESCRIBE,
    DescribeSnapshots: DESCRIBE,
    GetAuthorizationToken: ECR_TOKEN,
    CompleteLifecycleAction: AUTO_SCALING,
    **{f"read{n}": PARTITION_READ for n in range(PARTITIONS)},
    **{f"write{n}": PARTITION_WRITE for n in range(PARTITIONS)},
}
