"""Registering other nodes of the platform, as their boot scripts do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.instance import LabInstance
from support.booting import row_of
from support.leaving import agent, serving

pytestmark = pytest.mark.integration

GRAPHS = "graph-lab-graph-registry"


class Master(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"status": "healthy", "database_count": 1}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def a_service(port: int) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Master)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def register(instance: LabInstance, *arguments: str) -> AgentRun:
    argv = [
        "register", "--config", str(instance.config_file), "--format", "json",
        "--port", str(instance.order.port), *arguments,
    ]  # fmt: skip
    return run_agent(argv, instance.environment(), timeout_s=60)


def make_graphs(instance: LabInstance) -> None:
    instance.aws.client("dynamodb").create_table(
        TableName=GRAPHS,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "graph_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "graph_id", "KeyType": "HASH"}],
    )


def owner(instance: LabInstance, graph: str) -> str:
    key = {"graph_id": {"S": graph}}
    item = instance.aws.client("dynamodb").get_item(TableName=GRAPHS, Key=key)["Item"]
    return str(item["instance_id"]["S"])


def test_a_shared_master_registers_renews_and_owns_its_graphs(instance: LabInstance) -> None:
    make_graphs(instance)
    instance.write_configuration(registry={"graph_table": GRAPHS, "lease_s": 30})
    master = ("--node-type", "shared_master", "--databases", "sec")
    early = register(instance, *master)
    assert (early.status, early.document()["status"]) == (1, "initializing")
    with a_service(instance.order.port):
        done = register(instance, *master)
        again = register(instance, *master)
    assert (done.status, done.document()["graphs"]) == (0, {"sec": "claimed"}), done.events
    assert (again.document()["result"], again.document()["graphs"]) == ("kept", {"sec": "kept"})
    row = row_of(instance)
    assert row is not None
    assert (row["status"], row["node_type"]) == ("healthy", "shared_master")
    assert owner(instance, "sec") == instance.provisioned.instance_id


def test_a_replica_touches_no_graph_registry_in_all_its_life(instance: LabInstance) -> None:
    """There is none: whoever touched it would fail, and leave an error at the emulated AWS."""
    serving(instance, sections={"registry": {"graph_table": "no-such-table"}})
    for verb in ("health-check", "refresh", "bootstrap"):
        assert agent(instance, verb).status == 0
    refused = register(instance, "--node-type", "writer", "--databases", "")
    assert refused.status == 1
    assert refused.events[-1]["code"] == "node_is_a_replica"
    assert agent(instance, "drain").status == 0
    assert [error for error in instance.aws.errors if error.service == "dynamodb"] == []
