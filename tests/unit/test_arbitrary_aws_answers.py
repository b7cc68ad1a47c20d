"""Answers of AWS as a stranger might write them: read, or refused with a code of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.adapters.lean.aws import LeanAws
from ladybug_agent.adapters.lean.ec2 import LeanEc2
from ladybug_agent.adapters.lean.standing import LeanStanding
from ladybug_agent.errors import AgentError

NAMES = (
    "item", "member", "volumeSet", "attachmentSet", "volumeId", "instanceId", "device", "status",
    "size", "encrypted", "iops", "nextToken", "volumeStatusSet", "volumeStatus", "details", "name",
    "eventsSet", "GetCallerIdentityResult", "Arn", "Account", "DescribeTargetHealthResult",
    "TargetHealthDescriptions", "TargetHealth", "State", "Reason",
    "DescribeAutoScalingInstancesResult", "AutoScalingInstances", "AutoScalingGroupName",
    "LifecycleState", "HealthStatus",
)  # fmt: skip
TEXTS = st.sampled_from(["", "i-1", "true", "3000", "-1", "1e9", "ok", "&amp;", "\u00e9"])
CONTENT = st.recursive(
    TEXTS,
    lambda inner: st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=4).map(
        lambda parts: "".join(f"<{name}>{text}</{name}>" for name, text in parts)
    ),
    max_leaves=30,
)


class Stranger:
    """Answers every call with what it was given, in the right envelope or in none."""

    def __init__(self, content: str, *, is_enveloped: bool) -> None:
        self._content = content
        self._is_enveloped = is_enveloped

    def query_call(
        self, service: str, action: str, version: str, values: Mapping[str, str]
    ) -> bytes:
        del service, version, values
        name = f"{action}Response" if self._is_enveloped else "Response"
        return f"<{name}>{self._content}</{name}>".encode()


CALLS: dict[str, Callable[[LeanAws], Any]] = {
    "volumes": lambda aws: LeanEc2(aws).attached_volumes("i-1"),
    "health": lambda aws: LeanEc2(aws).health("vol-1"),
    "caller": lambda aws: LeanStanding(aws).caller(),
    "target": lambda aws: LeanStanding(aws).target("arn", "i-1"),
    "member": lambda aws: LeanStanding(aws).group_member("i-1"),
}


@pytest.mark.parametrize("call", CALLS)
@given(content=CONTENT)
def test_an_answer_is_read_or_refused(call: str, content: str) -> None:
    aws = cast("LeanAws", Stranger(content, is_enveloped=True))
    with suppress(AgentError):
        assert CALLS[call](aws) != ""


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_to_something_else_is_refused(call: str) -> None:
    aws = cast("LeanAws", Stranger("", is_enveloped=False))
    with pytest.raises(AgentError) as refusal:
        CALLS[call](aws)
    assert refusal.value.code == "aws_call_failed"
