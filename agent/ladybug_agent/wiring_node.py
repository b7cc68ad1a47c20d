"""Builds the adapters of `register`; the only place that makes a graph registry."""

from __future__ import annotations

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.dynamodb import BotoDynamoDb
from ladybug_agent.adapters.graph_table import GraphTable
from ladybug_agent.adapters.http import ServiceHttp
from ladybug_agent.adapters.imds import Imds
from ladybug_agent.adapters.instance_metadata import ImdsMetadata
from ladybug_agent.adapters.instance_table import InstanceTable
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.clock import Clock
from ladybug_agent.config.node import NodeConfig
from ladybug_agent.node.process import NodeWorld
from ladybug_agent.node.wish import NodeWish


def build_node_world(config: NodeConfig, wish: NodeWish, clock: Clock) -> NodeWorld:
    """Build what the registration of such a node touches; a writer gets no graph registry."""
    metadata = ImdsMetadata(Imds(), clock)
    transport = BotoDynamoDb(AwsClients(config.aws, metadata.credentials, metadata.region))
    claims = wish.node_type == "shared_master" and config.registry.graph_table
    return NodeWorld(
        metadata=metadata,
        http=ServiceHttp(clock),
        machine=ProcMachine(),
        registry=InstanceTable(transport, config.registry.table),
        graphs=GraphTable(transport, config.registry.graph_table) if claims else None,
    )
