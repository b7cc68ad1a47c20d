"""The agent's AWS clients, pointed at a server of the test's."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.config import AwsConfig
from ladybug_agent.model import Credentials
from ladybug_lab.aws.server import LabAws

REGION = "us-east-1"
TABLE = "graph-graph-lab-instance-registry"
QUICK = AwsConfig(region=REGION, connect_timeout_s=5.0, read_timeout_s=10.0, max_attempts=2)
ONCE = replace(QUICK, max_attempts=1)


def role_credentials(*, lifetime: timedelta = timedelta(hours=6)) -> Credentials:
    return Credentials(
        access_key_id="ASIAROLE",
        secret_access_key="role-secret",
        session_token="role-token",
        expires_at=datetime.now(UTC) + lifetime,
    )


def quick_clients(settings: AwsConfig = QUICK) -> AwsClients:
    return AwsClients(settings, role_credentials, lambda: REGION)


def make_registry_table(aws: LabAws) -> str:
    """Make the table alone: a whole stack takes ten times as long."""
    aws.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "instance_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "instance_id", "KeyType": "HASH"}],
    )
    aws.calls.clear()
    return TABLE


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redirect AWS as an operator would: by the environment, and by nothing else in it."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
