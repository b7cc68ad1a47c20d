"""Calls to AWS for the health check: one try each, because the next check is the retry."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from ladybug_agent.adapters.aws_codes import garbled, service_error, unreachable
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
    """Blocks for at most 4 s a call. `calls` counts them."""

    def __init__(self, credentials: Callable[[], Credentials], region: str, clock: Clock) -> None:
        self._credentials = credentials
        self._region = region
        self._clock = clock
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

    def query_call(self, service: str, action: str, version: str, **values: str) -> None:
        """Make a call of the query protocol, whose answer nobody needs."""
        body = urlencode({"Action": action, "Version": version, **values}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        reply = self._send(service, f"{service}:{action}", headers, body)
        if reply.status != OK:
            found = XML_CODE.search(reply.body)
            code = found[1].decode() if found else ""
            raise service_error(code, reply.status, f"{service}:{action}", "")

    def _send(self, service: str, action: str, headers: dict[str, str], body: bytes) -> Reply:
        address = endpoint(service, self._region, os.environ)
        named = {"Host": address.authority, **headers}
        signed = signed_headers(
            named, body, service, self._region, self._credentials(), self._clock.utcnow()
        )
        del signed["Host"]  # which the exchange adds
        self.calls += 1
        try:
            ask = Ask(method="POST", path="/", headers=signed, body=body)
            return exchange(address, ask, LIMITS, self._clock)
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
    return Address(host=f"{service}.{region}.{suffix}", port=443, tls=True)


NAMES = {"logs": "CLOUDWATCH_LOGS", "autoscaling": "AUTO_SCALING"}
"""Where the SDKs name a service in the environment otherwise than its host does."""


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
