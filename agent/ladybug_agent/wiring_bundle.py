"""Builds what a support bundle needs."""

from __future__ import annotations

from ladybug_agent.adapters.commands import stream_command
from ladybug_agent.clock import Clock
from ladybug_agent.config import Config
from ladybug_agent.ports.bundle import BundleStore, BundleWorld


def build_bundle_world(config: Config, clock: Clock) -> BundleWorld:
    """Build it; asks nobody anything yet, and loads nothing of AWS's."""

    def store() -> BundleStore:
        from ladybug_agent.adapters.aws import AwsClients
        from ladybug_agent.adapters.bundle_store import S3BundleStore
        from ladybug_agent.adapters.imds import Imds
        from ladybug_agent.adapters.instance_metadata import ImdsMetadata

        metadata = ImdsMetadata(Imds(), clock)
        clients = AwsClients(config.aws, metadata.credentials, metadata.region)
        return S3BundleStore(clients, lambda: metadata.identity().account_id)

    return BundleWorld(run=stream_command, store=store)
