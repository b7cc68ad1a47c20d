"""Logins for ECR."""

from __future__ import annotations

import base64
import binascii

from ladybug_agent.adapters.aws import AwsClients, aws_errors
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model import RegistryLogin


class BotoEcr:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def login(self) -> RegistryLogin:
        # A token is good for 12 h, but asked for anew each time: a cached one that has expired
        # looks like a missing permission.
        with aws_errors("ecr:GetAuthorizationToken"):
            answer = self._clients.client("ecr").get_authorization_token()
        try:
            pair = base64.b64decode(answer["authorizationData"][0]["authorizationToken"])
            username, _, password = pair.decode().partition(":")
        except (KeyError, IndexError, binascii.Error, UnicodeDecodeError) as error:
            raise ExternalFailure(
                "image_login_garbled", "ECR answered with no readable token", hint="try again"
            ) from error
        return RegistryLogin(username=username, password=password)
