"""The policy of the replica stack, enforced: each action is needed by a call, and enough for it.

The agent's own adapters call the emulated AWS with the credentials of the role.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.support.permitted import CALLS, Surroundings, surround
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.errors import ExternalFailure
from ladybug_lab.aws.policy import Document, actions_of, without
from ladybug_lab.aws.server import LabAws
from support.replica_stack import GROUP, agent_policy, replica_stack

pytestmark = pytest.mark.thorough

POLICY = agent_policy(replica_stack())
# Asked for by ECR's registry endpoint when Docker pulls: tests/integration/test_least_privilege.py.
PULLED = {("Image", "ecr:BatchGetImage"), ("Image", "ecr:GetDownloadUrlForLayer")}
EVERY = pytest.mark.parametrize(("sid", "action"), sorted(CALLS), ids=lambda part: part)
SAID_AS = {"s3:ListBucket": "s3:GetObject"}
"""Without it the answer to a look at what is not there is a refusal."""


@pytest.fixture(scope="module")
def there(aws_server: LabAws, clients: AwsClients) -> Iterator[Surroundings]:
    """Made once: no call here takes anything away that another needs."""
    aws_server.reset()
    yield surround(aws_server, clients)
    aws_server.reset()


def call(there: Surroundings, policy: Document, sid: str, action: str) -> list[str]:
    """Make the call under the policy; return the actions that were denied."""
    there.aws.enforcement.enforce(policy, group=GROUP)
    CALLS[sid, action](there)
    return there.aws.enforcement.denied


def test_every_action_of_the_policy_has_a_call_and_every_call_an_action() -> None:
    assert set(CALLS) | PULLED == set(actions_of(POLICY))


@EVERY
def test_finding_20_the_policy_is_enough(there: Surroundings, sid: str, action: str) -> None:
    assert call(there, POLICY, sid, action) == []
    assert action in there.aws.enforcement.used


@EVERY
def test_finding_20_no_action_can_be_left_out(there: Surroundings, sid: str, action: str) -> None:
    with pytest.raises(ExternalFailure, match=SAID_AS.get(action, action)) as failure:
        call(there, without(POLICY, sid, action), sid, action)
    assert failure.value.code == "aws_access_denied"
    assert there.aws.enforcement.denied == [action]


def test_a_role_of_another_fleet_may_do_nothing_to_this_one(there: Surroundings) -> None:
    """All that has a resource is this stack's own: under another stack's policy it is refused."""
    other = replica_stack(
        RegistryTable="another",
        MapsBucket="another",
        BundleBucket="another",
        EcrRepository="another",
    )
    policy = agent_policy(other)
    shared = {"Volume", "ImageLogin", "GroupState", "TargetState", "Alerts", "Target", "Metrics"}
    same_stack = {"StackSignal", "Hooks", "Replacement"}
    for sid, action in sorted(CALLS):
        if sid in shared | same_stack:
            continue
        with pytest.raises(ExternalFailure) as failure:
            call(there, policy, sid, action)
        assert failure.value.code == "aws_access_denied", action
