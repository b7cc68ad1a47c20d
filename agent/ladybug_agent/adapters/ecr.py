"""Logins for ECR."""

from __future__ import annotations

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.adapters.ecr_login import login_of
from ladybug_agent.model.containers import RegistryLogin


class BotoEcr:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def login(self) -> RegistryLogin:
        # A token is good for 12 h, but asked for anew each time: a cached one that has expired
        # looks like a missing permission.
        with aws_errors("ecr:GetAuthorizationToken"):
            answer = self._clients.client("ecr").get_authorization_token()
        return login_of(answer)
