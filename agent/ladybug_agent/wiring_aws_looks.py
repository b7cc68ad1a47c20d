"""Builds what a diagnosis asks AWS and the network, of the lean adapters."""

from __future__ import annotations

from collections.abc import Callable

from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.dynamodb import LeanDynamoDb
from ladybug_agent.adapters.lean.ec2 import LeanEc2
from ladybug_agent.adapters.lean.http import Limits
from ladybug_agent.adapters.lean.images import LeanImages
from ladybug_agent.adapters.lean.standing import LeanStanding
from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.model import Credentials
from ladybug_agent.ports.aws_look import AwsLooks

LIMITS = Limits(connect_s=1.0, total_s=2.0)


def build_aws_looks(
    config: Config, credentials: Callable[[], Credentials], region: Callable[[], str], clock: Clock
) -> AwsLooks:
    """Build it. Asks nobody anything yet: the region is asked for with the first call."""
    aws = LeanAws(credentials, lambda: config.aws.region or region(), clock, LIMITS)
    return AwsLooks(
        volumes=LeanEc2(aws),
        standing=LeanStanding(aws),
        images=LeanImages(aws, clock, LIMITS),
        registry=InstanceTable(LeanDynamoDb(aws), config.registry.table),
    )
