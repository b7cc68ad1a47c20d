"""Calls to AWS by the standard library: one try each, because who calls asks again by itself."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from ladybug_agent.adapters.aws_codes import garbled, silent, unreachable
from ladybug_agent.adapters.lean.http import (
    Address,
    Ask,
    Limits,
    exchange,
    parse_url,
)
from ladybug_agent.adapters.lean.reading import GarbledReplyError, Reply
from ladybug_agent.adapters.lean.sigv4 import signed_headers
from ladybug_agent.clock import Clock
from ladybug_agent.model import Credentials

LIMITS = Limits(connect_s=2.0, total_s=4.0)
OK = 200
XML_CODE = re.compile(rb"<Code>([A-Za-z0-9.]+)</Code>")
CODE = re.compile(r"([A-Za-z0-9]+)(?::.*)?$")


class ServiceRefusedError(Exception):
    """An error answer, with the service's own code, for who knows what to make of it."""

    def __init__(self, code: str, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(f"{code} ({status})")
        self.code = code
        self.status = status
        self.document = document


class LeanAws:
    """Blocks for as long as its limits say, a call. `calls` counts them.

    A `region` that must be asked for is asked for at each call: who tells it remembers it.
    """

    def __init__(
        self,
        credentials: Callable[[], Credentials],
        region: str | Callable[[], str],
        clock: Clock,
        limits: Limits = LIMITS,
    ) -> None:
        self._credentials = credentials
        self._known_region = region
        self._clock = clock
        self._limits = limits
        self.calls = 0

    def json_call(
        self, service: str, target: str, version: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Make a call of the JSON protocol. Raises ServiceRefusedError, or one of our errors."""
        headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
        action = f"{service}:{target.rpartition('.')[2]}"
        reply = self._send(service, action, headers, json.dumps(request).encode())
        document = _document(reply, action)
        if reply.status != OK:
            raise ServiceRefusedError(_json_code(reply, document), reply.status, document)
        return document

    def query_call(
        self, service: str, action: str, version: str, values: Mapping[str, str]
    ) -> bytes:
        """Make a call of the query protocol, or of EC2's; return the XML. Raises likewise."""
        body = urlencode({"Action": action, "Version": version, **values}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        reply = self._send(service, f"{service}:{action}", headers, body)
        if reply.status != OK:
            found = XML_CODE.search(reply.body)
            raise ServiceRefusedError(found[1].decode() if found else "", reply.status, {})
        return reply.body

    def _send(self, service: str, action: str, headers: dict[str, str], body: bytes) -> Reply:
        region = self._known_region if isinstance(self._known_region, str) else self._known_region()
        address = endpoint(service, region, os.environ)
        named = {"Host": address.authority, **headers}
        signed = signed_headers(
            named, body, service, region, self._credentials(), self._clock.utcnow()
        )
        del signed["Host"]  # which the exchange adds
        self.calls += 1
        try:
            ask = Ask(method="POST", path="/", headers=signed, body=body)
            return exchange(address, ask, self._limits, self._clock)
        except TimeoutError as error:
            raise silent(action) from error
        except OSError as error:
            raise unreachable(action) from error
        except GarbledReplyError as error:
            raise garbled(action) from error


def endpoint(service: str, region: str, environment: Mapping[str, str]) -> Address:
    """Return where a service is: redirected as the AWS SDKs are, or at its public name.

    >>> endpoint("dynamodb", "eu-central-1", {}).host
    'dynamodb.eu-central-1.amazonaws.com'
    >>> endpoint("sns", "cn-north-1", {}).host
    'sns.cn-north-1.amazonaws.com.cn'
    """
    for name in (f"AWS_ENDPOINT_URL_{NAMES.get(service, service.upper())}", "AWS_ENDPOINT_URL"):
        if url := environment.get(name):
            return parse_url(url)[0]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    host = HOSTS.get(service, service)
    return Address(host=f"{host}.{region}.{suffix}", port=443, tls=True)


NAMES = {
    "logs": "CLOUDWATCH_LOGS",
    "autoscaling": "AUTO_SCALING",
    "elasticloadbalancing": "ELASTIC_LOAD_BALANCING_V2",
}
"""Where the SDKs name a service in the environment otherwise than its host does."""
HOSTS = {"ecr": "api.ecr"}
"""Where a service's host has another name than its signatures."""


def _document(reply: Reply, action: str) -> dict[str, Any]:
    if not reply.body and reply.status == OK:
        return {}
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        if reply.status != OK:  # some services refuse in XML
            return {}
        raise garbled(action) from error
    if not isinstance(document, dict):
        raise garbled(action)
    return document


def _json_code(reply: Reply, document: Mapping[str, Any]) -> str:
    """Return the code of an error: `com.amazonaws.dynamodb.v20120810#ThrottlingException`."""
    said = str(document.get("__type") or reply.headers.get("x-amzn-errortype", ""))
    found = CODE.search(said.rpartition("#")[2])
    return found[1] if found else ""
