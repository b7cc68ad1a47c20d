"""The pruned models of EC2 and S3 against those of the installed botocore."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.support.aws import point_at, quick_clients
from support.aws_models import SERVICES, Model, Service, pruned

each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
OURS: dict[str, Model] = {s.name: json.loads(s.target.read_text("utf-8")) for s in SERVICES}
THEIRS = {service.name: pruned(service) for service in SERVICES}
SHAPES = [(name, shape) for name, model in OURS.items() for shape in sorted(model["shapes"])]


def without_members(shape: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shape.items() if name != "members"}


@each_service
def test_it_has_the_calls_that_the_agent_makes(service: Service) -> None:
    assert sorted(OURS[service.name]["operations"]) == sorted(service.operations)


@each_service
def test_its_operations_and_protocol_are_botocores(service: Service) -> None:
    ours, theirs = OURS[service.name], THEIRS[service.name]
    assert ours["operations"] == theirs["operations"]
    assert ours["metadata"] == theirs["metadata"]
    assert ours.get("clientContextParams") == theirs.get("clientContextParams")


@pytest.mark.parametrize(("service", "name"), SHAPES)
def test_a_shape_is_botocores(service: str, name: str) -> None:
    ours, theirs = OURS[service]["shapes"][name], THEIRS[service]["shapes"][name]
    assert without_members(ours) | {"enum": []} == without_members(theirs) | {"enum": []}
    # A newer botocore may know more members; what we know must not have changed.
    assert ours.get("members", {}).items() <= theirs.get("members", {}).items()


@each_service
def test_a_client_is_made_of_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://127.0.0.1:1", monkeypatch)
    client = quick_clients().client(service.name)
    assert sorted(client.meta.service_model.operation_names) == sorted(service.operations)


@each_service
def test_it_is_a_small_part_of_the_whole(service: Service) -> None:
    assert len(OURS[service.name]["shapes"]) < len(service.whole_model()["shapes"]) / 5
