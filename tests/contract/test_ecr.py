"""Logins for ECR."""

from __future__ import annotations

import base64

import pytest

from contract.support.aws import point_at, quick_clients
from contract.support.http_server import serving
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.ecr import BotoEcr
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import RegistryLogin
from ladybug_lab.aws.provision import Plan, provision
from ladybug_lab.aws.server import LabAws


def test_the_token_is_a_user_name_and_a_password(aws: LabAws, clients: AwsClients) -> None:
    stack = provision(aws, Plan())
    assert BotoEcr(clients).login() == RegistryLogin(username="AWS", password=stack.ecr_password)


def test_the_password_is_not_in_the_representation_of_the_login(
    aws: LabAws, clients: AwsClients
) -> None:
    stack = provision(aws, Plan())
    assert stack.ecr_password not in repr(BotoEcr(clients).login())


def test_every_login_asks_for_a_fresh_token(aws: LabAws, clients: AwsClients) -> None:
    registry = BotoEcr(clients)
    registry.login()
    registry.login()
    assert aws.calls == [("ecr", "GetAuthorizationToken")] * 2


def test_access_denied_names_the_iam_action(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("GetAuthorizationToken", code="AccessDeniedException", status=400)
    with pytest.raises(ExternalFailure) as failure:
        BotoEcr(clients).login()
    assert failure.value.code == "aws_access_denied"
    assert "ecr:GetAuthorizationToken" in failure.value.hint
    assert len(aws.calls) == 1


def test_a_garbled_token_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ("?", *(base64.b64encode(pair).decode() for pair in (b"\xff\xff:", b"AWS")))
    documents = [
        {},
        {"authorizationData": []},
        {"authorizationData": [{}]},
        *({"authorizationData": [{"authorizationToken": token}]} for token in tokens),
    ]
    answers = iter(documents)
    with serving(lambda exchange: exchange.answer_json(200, next(answers))) as server:
        point_at(server.url, monkeypatch)
        registry = BotoEcr(quick_clients())
        for _ in documents:
            with pytest.raises(ExternalFailure) as failure:
                registry.login()
            assert failure.value.code == "image_login_garbled"
