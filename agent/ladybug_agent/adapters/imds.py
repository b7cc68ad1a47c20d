"""The instance metadata service, version 2 only: sessions, tokens and what an answer means.

Source: "Use the Instance Metadata Service to access instance metadata", Amazon EC2 User Guide.
"""

from __future__ import annotations

import os

import requests
import structlog

from ladybug_agent.adapters.http import direct_session
from ladybug_agent.adapters.imds_endpoints import HINT, endpoints
from ladybug_agent.errors import ExternalFailure, NotYet

log = structlog.get_logger(__name__)

TOKEN_TTL_S = 21600
TIMEOUT_S = (1.0, 2.0)


class Imds:
    """Reads metadata with a session token; there is no fallback to version 1.

    One request blocks for at most 3 s for each endpoint tried. Nothing goes through a proxy.
    """

    def __init__(self, candidates: tuple[str, ...] | None = None) -> None:
        self._candidates = candidates or endpoints(os.environ)
        self._session = direct_session()
        self._endpoint = ""
        self._token = ""

    def get(self, path: str) -> str | None:
        """Return the text at `latest/<path>`, or None where there is none (404).

        Raises NotYet while the service does not answer; a token that is refused (401) is
        replaced once.
        """
        reply = self._ask(path)
        if reply.status_code == requests.codes.unauthorized:
            log.debug("metadata_token_renewed", path=path)
            self._token = ""
            reply = self._ask(path)
        if reply.status_code == requests.codes.not_found:
            return None
        _raise_for_status(reply, path)
        return _text(reply, path)

    def _ask(self, path: str) -> requests.Response:
        if not self._token:
            self._start_session()
        headers = {"X-aws-ec2-metadata-token": self._token}
        return self._send("GET", self._endpoint, path, headers)

    def _start_session(self) -> None:
        """Get a token from the first endpoint that answers, and stay with that endpoint."""
        for endpoint in self._candidates:
            try:
                token = self._new_token(endpoint)
            except NotYet:
                if endpoint == self._candidates[-1]:
                    raise
                log.debug("metadata_endpoint_silent", endpoint=endpoint)
            else:
                # In this order: another thread takes a token as the sign that both are there.
                self._endpoint, self._token = endpoint, token
                return

    def _new_token(self, endpoint: str) -> str:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_S)}
        reply = self._send("PUT", endpoint, "api/token", headers)
        _raise_for_status(reply, "api/token")
        return _text(reply, "api/token")

    def _send(
        self, method: str, endpoint: str, path: str, headers: dict[str, str]
    ) -> requests.Response:
        url = f"{endpoint}/latest/{path}"
        try:
            return self._session.request(
                method, url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise NotYet(
                "imds_unreachable", f"instance metadata does not answer at {endpoint}", hint=HINT
            ) from error


def _raise_for_status(reply: requests.Response, path: str) -> None:
    if reply.status_code == requests.codes.ok:
        return
    if reply.status_code >= requests.codes.server_error:
        raise NotYet(
            "imds_unavailable", f"instance metadata answered {reply.status_code}", hint=HINT
        )
    raise ExternalFailure(
        "imds_refused",
        f"instance metadata refused {path} with {reply.status_code}",
        hint=HINT,
        status=reply.status_code,
    )


def _text(reply: requests.Response, path: str) -> str:
    if text := reply.text.strip():
        return text
    raise ExternalFailure(
        "imds_empty_answer",
        f"instance metadata answered {path} with an empty body",
        hint="run the boot again; if it stays empty, replace the instance",
    )
