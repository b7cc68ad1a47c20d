"""The image registry, asked as the Docker engine asks it, without an engine: for `diagnose`.

Source: "Pulling manifests", OCI Distribution Specification 1.1.
"""

from __future__ import annotations

import base64
import hashlib

from ladybug_agent.adapters.aws_codes import service_error
from ladybug_agent.adapters.ecr_login import login_of
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.lean.http import Address, Ask, Limits, exchange
from ladybug_agent.adapters.lean.reading import GarbledReplyError, Reply
from ladybug_agent.clock import Clock
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import RegistryLogin

ACTION = "ecr:GetAuthorizationToken"
TARGET = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json,"
    "application/vnd.oci.image.manifest.v1+json,"
    "application/vnd.docker.distribution.manifest.list.v2+json,"
    "application/vnd.docker.distribution.manifest.v2+json"
)
HTTPS = 443
OK, NOT_FOUND = 200, 404
REFUSALS = (400, 401, 403)
LOOPBACK = ("127.", "localhost", "[::1]")


class LeanImages:
    """Two calls for each image: the login, by ECR's API, and the manifest."""

    def __init__(self, aws: LeanAws, clock: Clock, limits: Limits) -> None:
        self._aws = aws
        self._clock = clock
        self._limits = limits

    def may_log_in(self) -> bool:
        return bool(self._login().username)

    def digest(self, repository: str, reference: str) -> str:
        login = self._login()
        host, _, name = repository.partition("/")
        pair = f"{login.username}:{login.password}".encode()
        headers = {
            "Accept": MANIFESTS,
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        }
        ask = Ask(path=f"/v2/{name}/manifests/{reference}", headers=headers)
        try:
            reply = exchange(registry_address(host), ask, self._limits, self._clock)
        except (OSError, GarbledReplyError) as error:
            raise ExternalFailure(
                "image_registry_unreachable",
                f"wanted the manifest of {repository}, found no answer from {host}",
                hint="check the route and the VPC endpoints ecr.api, ecr.dkr and s3",
            ) from error
        return _digest(reply, f"{repository} {reference}")

    def _login(self) -> RegistryLogin:
        try:
            return login_of(self._aws.json_call("ecr", TARGET, "1.1", {}))
        except ServiceRefusedError as error:
            raise service_error(error.code, error.status, ACTION, "") from error


def registry_address(host: str) -> Address:
    """Return where a registry is: TLS, but on a loopback address, as the Docker engine does.

    >>> registry_address("127.0.0.1:5000")
    Address(host='127.0.0.1', port=5000, path='', tls=False)
    """
    tls = not host.startswith(LOOPBACK)
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        return Address(host=name.strip("[]"), port=int(port), tls=tls)
    return Address(host=host.strip("[]"), port=HTTPS if tls else 80, tls=tls)


def _digest(reply: Reply, image: str) -> str:
    if reply.status == OK:
        told = reply.headers.get("docker-content-digest", "")
        return told or f"sha256:{hashlib.sha256(reply.body).hexdigest()}"
    if reply.status == NOT_FOUND:
        raise ExternalFailure(
            "image_not_found",
            f"wanted {image}, the registry has no such image",
            hint="check `container.image`; did a lifecycle policy remove the tag or digest?",
        )
    if reply.status in REFUSALS:
        raise ExternalFailure(
            "image_pull_denied",
            f"wanted {image}, the registry refused with {reply.status}",
            hint="allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository, in"
            " this account and region",
            iam_action="ecr:BatchGetImage",
        )
    raise ExternalFailure(
        "image_registry_unreachable",
        f"wanted {image}, the registry answered {reply.status}",
        hint="is the registry healthy? try `docker pull` by hand",
    )
