"""EC2's pruned model against the one of the installed botocore."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.aws_models import OPERATIONS, TARGET, pruned, whole_model

OURS: dict[str, Any] = json.loads(TARGET.read_text(encoding="utf-8"))
THEIRS = pruned(whole_model())


def without_members(shape: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shape.items() if name != "members"}


def test_it_has_the_two_calls_that_the_agent_makes() -> None:
    assert sorted(OURS["operations"]) == sorted(OPERATIONS)


def test_its_operations_and_protocol_are_botocores() -> None:
    assert OURS["operations"] == THEIRS["operations"]
    assert OURS["metadata"] == THEIRS["metadata"]


@pytest.mark.parametrize("name", sorted(OURS["shapes"]))
def test_a_shape_is_botocores(name: str) -> None:
    ours, theirs = OURS["shapes"][name], THEIRS["shapes"][name]
    assert without_members(ours) | {"enum": []} == without_members(theirs) | {"enum": []}
    # A newer botocore may know more members; what we know must not have changed.
    assert ours.get("members", {}).items() <= theirs.get("members", {}).items()


def test_it_is_a_small_part_of_the_whole() -> None:
    assert len(OURS["shapes"]) < len(whole_model()["shapes"]) / 50
