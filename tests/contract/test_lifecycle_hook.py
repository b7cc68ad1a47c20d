"""The lifecycle hook, by instance id."""

from __future__ import annotations

from contract.support.timing import ends_within
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.lifecycle_hook import GroupHook
from ladybug_agent.model import SignalOutcome
from ladybug_lab.aws.server import LabAws, LifecycleHeartbeat, LifecycleResult

INSTANCE_ID = "i-0123456789abcdef0"
GROUP, HOOK = "replicas", "replica-leaves"


def a_hook(clients: AwsClients) -> GroupHook:
    return GroupHook(clients, GROUP, HOOK, lambda: INSTANCE_ID)


def test_a_hook_is_completed_by_instance_id(aws: LabAws, clients: AwsClients) -> None:
    aws.pending_hooks.add((GROUP, HOOK))
    wanted = SignalOutcome(target="autoscaling", verdict="accepted")
    assert a_hook(clients).complete() == wanted
    assert aws.lifecycle_results == [
        LifecycleResult(group=GROUP, hook=HOOK, result="CONTINUE", instance_id=INSTANCE_ID)
    ]


def test_a_heartbeat_keeps_the_hook_waiting(aws: LabAws, clients: AwsClients) -> None:
    aws.pending_hooks.add((GROUP, HOOK))
    assert a_hook(clients).heartbeat().verdict == "accepted"
    assert aws.lifecycle_heartbeats == [
        LifecycleHeartbeat(group=GROUP, hook=HOOK, instance_id=INSTANCE_ID)
    ]


def test_a_hook_that_is_not_on_is_no_failure(aws: LabAws, clients: AwsClients) -> None:
    del aws
    verdicts = {a_hook(clients).complete().verdict, a_hook(clients).heartbeat().verdict}
    assert verdicts == {"not_expected"}


def test_a_hook_that_may_not_be_completed_says_so(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("CompleteLifecycleAction", code="AccessDenied", status=403)
    with ends_within(5.0):
        outcome = a_hook(clients).complete()
    assert (outcome.verdict, "aws_access_denied" in outcome.detail) == ("failed", True)
