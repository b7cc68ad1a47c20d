"""Logins for ECR."""

from __future__ import annotations

import base64

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import RegistryLogin


class BotoEcr:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def login(self) -> RegistryLogin:
        # A token is good for 12 h, but asked for anew each time: a cached one that has expired
        # looks like a missing permission.
        with aws_errors("ecr:GetAuthorizationToken"):
            answer = self._clients.client("ecr").get_authorization_token()
        try:
            token = answer["authorizationData"][0]["authorizationToken"]
            username, password = base64.b64decode(token, validate=True).decode().split(":", 1)
        except (KeyError, IndexError, ValueError) as error:  # of which base64's is one
            raise ExternalFailure(
                "image_login_garbled", "ECR answered with no readable token", hint="try again"
            ) from error
        return RegistryLogin(username=username, password=password)
