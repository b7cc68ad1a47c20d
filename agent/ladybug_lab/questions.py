"""What a rehearsal asks when the boot is over: the registry for the row, the service for data."""

from __future__ import annotations

import http.client
import json
from typing import Any, TypedDict

from boto3 import Session
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from ladybug_lab.errors import LabError
from ladybug_lab.packages import SAMPLE_QUERY, SAMPLE_QUERY_DESCRIPTION
from ladybug_lab.stage import Standing

_TIMEOUT_S = 10
_TABLES_QUERY = "CALL show_tables() RETURN name, type"


class Answer(TypedDict):
    """A query through the container, and its answer."""

    description: str
    cypher: str
    columns: list[str]
    rows: list[list[Any]]


def ask(standing: Standing, *, sample: bool) -> Answer:
    """Ask the service a real question; `sample` if it serves the lab's own database."""
    cypher = SAMPLE_QUERY if sample else _TABLES_QUERY
    described = SAMPLE_QUERY_DESCRIPTION if sample else "the tables of the database"
    found = _post(standing.port, f"/databases/{standing.databases[0]}/query", {"cypher": cypher})
    return Answer(
        description=described, cypher=cypher, columns=found["columns"], rows=found["rows"]
    )


def registry_row(standing: Standing) -> dict[str, Any] | None:
    """Return the row as it stands in the emulated table."""
    session = Session(
        aws_access_key_id="lab",
        aws_secret_access_key="lab",  # noqa: S106 - the emulation takes any
        region_name=standing.region,
    )
    client: Any = session.client(
        "dynamodb",
        endpoint_url=standing.environment["AWS_ENDPOINT_URL"],
        config=Config(proxies={}),  # else botocore takes those of the environment
    )
    try:
        answer = client.get_item(
            TableName=standing.table, Key={"instance_id": {"S": standing.instance_id}}
        )
    finally:
        client.close()
    item = answer.get("Item")
    return {name: _plain(value) for name, value in sorted(item.items())} if item else None


def _plain(value: Any) -> Any:
    found = TypeDeserializer().deserialize(value)
    if isinstance(found, str | bool):
        return found
    return int(found) if found == found.to_integral_value() else float(found)


def _post(port: int, path: str, document: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path, json.dumps(document))
        reply = connection.getresponse()
        body = reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise LabError(f"the service does not answer a query: {error}") from error
    finally:
        connection.close()
    if reply.status != http.client.OK:
        raise LabError(f"the service answers a query with {reply.status}: {body[:200]!r}")
    found: dict[str, Any] = json.loads(body)
    return found
