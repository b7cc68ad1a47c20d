"""Telling a stack, an Auto Scaling group and the console how the boot went."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.support.aws import point_at, quick_clients
from contract.support.http_server import serving
from contract.support.timing import ends_within
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.signals import Console, LaunchHook, StackSignal
from ladybug_agent.errors import NotYet
from ladybug_agent.model import SignalOutcome
from ladybug_agent.ports import Orchestrator
from ladybug_lab.aws.server import LabAws, LifecycleResult, Signal

INSTANCE_ID = "i-0123456789abcdef0"
STACK, RESOURCE = "replicas", "ReplicaGroup"
GROUP, HOOK = "replicas-group", "replica-ready"
SIGNAL = ("cloudformation", "SignalResource")
COMPLETION = ("autoscaling", "CompleteLifecycleAction")
LONG_S = 30.0


def stack_signal(clients: AwsClients) -> StackSignal:
    return StackSignal(clients, STACK, RESOURCE, lambda: INSTANCE_ID)


def launch_hook(clients: AwsClients) -> LaunchHook:
    return LaunchHook(clients, GROUP, HOOK, lambda: INSTANCE_ID)


Make = Callable[[AwsClients], Orchestrator]
ORCHESTRATORS: list[tuple[Make, str, str]] = [(stack_signal, *SIGNAL), (launch_hook, *COMPLETION)]
either = pytest.mark.parametrize(
    ("make", "service", "operation"), ORCHESTRATORS, ids=["stack", "hook"]
)


@pytest.mark.parametrize(("success", "word"), [(True, "SUCCESS"), (False, "FAILURE")])
def test_the_stack_gets_the_outcome_under_the_instance_id(
    aws: LabAws, clients: AwsClients, *, success: bool, word: str
) -> None:
    aws.stacks_in_progress.add(STACK)
    outcome = stack_signal(clients).signal(success=success, reason="volume_not_mapped: none")
    assert outcome == SignalOutcome(target="cloudformation", verdict="accepted")
    assert aws.signals == [
        Signal(
            stack_name=STACK,
            logical_resource_id=RESOURCE,
            unique_id=INSTANCE_ID,
            status=word,
        )
    ]


@pytest.mark.parametrize(("success", "word"), [(True, "CONTINUE"), (False, "ABANDON")])
def test_the_launch_hook_is_completed_for_the_instance(
    aws: LabAws, clients: AwsClients, *, success: bool, word: str
) -> None:
    aws.pending_hooks.add((GROUP, HOOK))
    outcome = launch_hook(clients).signal(success=success, reason="")
    assert outcome == SignalOutcome(target="autoscaling", verdict="accepted")
    assert aws.lifecycle_results == [
        LifecycleResult(group=GROUP, hook=HOOK, result=word, instance_id=INSTANCE_ID)
    ]


@pytest.mark.parametrize("success", [True, False])
def test_a_stack_in_no_operation_expects_no_signal(
    aws: LabAws, clients: AwsClients, *, success: bool
) -> None:
    outcome = stack_signal(clients).signal(success=success, reason="")
    assert outcome.verdict == "not_expected"
    assert outcome.detail.endswith("is in CREATE_COMPLETE state and cannot be signaled")
    assert len(aws.signals) == 1


def test_a_signal_that_was_sent_before_is_not_expected(aws: LabAws, clients: AwsClients) -> None:
    said = (
        f"Signal with ID {INSTANCE_ID} for resource {RESOURCE} already exists. Signals may only be"
        " updated with a FAILURE status."
    )
    aws.faults.add("SignalResource", code="ValidationError", message=said)
    outcome = stack_signal(clients).signal(success=True, reason="")
    assert outcome == SignalOutcome(target="cloudformation", verdict="not_expected", detail=said)


def test_a_hook_that_was_completed_before_is_not_expected(aws: LabAws, clients: AwsClients) -> None:
    aws.pending_hooks.add((GROUP, HOOK))
    hook = launch_hook(clients)
    assert hook.signal(success=True, reason="").verdict == "accepted"
    assert hook.signal(success=True, reason="").verdict == "not_expected"


def test_a_stack_that_does_not_exist_is_a_failure(aws: LabAws, clients: AwsClients) -> None:
    aws.missing_stacks.add(STACK)
    outcome = stack_signal(clients).signal(success=True, reason="")
    assert outcome.verdict == "failed"
    assert outcome.detail.startswith("aws_call_failed: ")


def test_a_hook_that_does_not_exist_is_a_failure(aws: LabAws, clients: AwsClients) -> None:
    said = f"No Lifecycle Hook found for group {GROUP}"
    aws.faults.add("CompleteLifecycleAction", code="ValidationError", message=said)
    assert launch_hook(clients).signal(success=True, reason="").verdict == "failed"


@either
@pytest.mark.parametrize("success", [True, False])
def test_access_denied_is_a_failure_that_names_the_iam_action(
    aws: LabAws, clients: AwsClients, make: Make, service: str, operation: str, *, success: bool
) -> None:
    aws.faults.add(operation, code="AccessDenied", status=403)
    outcome = make(clients).signal(success=success, reason="")
    action = f"{service}:{operation}"
    assert outcome == SignalOutcome(
        target=service,
        verdict="failed",
        detail=f"aws_access_denied: the instance role may not call {action}",
    )
    assert aws.calls == [(service, operation)]


def test_a_failure_is_told_in_a_hurry(aws: LabAws, clients: AwsClients) -> None:
    aws.faults.add("*", delay_s=LONG_S)
    told: list[Orchestrator] = [stack_signal(clients), launch_hook(clients)]
    with ends_within(2.5), ThreadPoolExecutor(len(told)) as pool:
        outcomes = list(pool.map(lambda one: one.signal(success=False, reason=""), told))
    assert [outcome.verdict for outcome in outcomes] == ["failed", "failed"]
    assert all(outcome.detail.startswith("aws_unreachable: ") for outcome in outcomes)
    assert sorted(aws.calls) == [COMPLETION, SIGNAL]


@either
def test_success_is_worth_a_second_try(
    aws: LabAws, clients: AwsClients, make: Make, service: str, operation: str
) -> None:
    aws.stacks_in_progress.add(STACK)
    aws.pending_hooks.add((GROUP, HOOK))
    aws.faults.add(operation, code="InternalFailure", status=500, times=1)
    assert make(clients).signal(success=True, reason="").verdict == "accepted"
    assert aws.calls == [(service, operation)] * 2


@either
def test_rubbish_in_the_place_of_an_answer_is_a_failure_and_no_exception(
    make: Make, service: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del service, operation
    with serving(lambda exchange: exchange.answer(200, "<html>Log in<br></html>")) as server:
        point_at(server.url, monkeypatch)
        assert make(quick_clients()).signal(success=False, reason="").verdict == "failed"


def test_metadata_that_is_gone_is_a_failure_and_no_exception(
    aws: LabAws, clients: AwsClients
) -> None:
    def instance_id() -> str:
        raise NotYet("imds_unreachable", "instance metadata does not answer")

    for orchestrator in (
        StackSignal(clients, STACK, RESOURCE, instance_id),
        LaunchHook(clients, GROUP, HOOK, instance_id),
    ):
        outcome = orchestrator.signal(success=False, reason="")
        assert outcome.verdict == "failed"
        assert outcome.detail == "imds_unreachable: instance metadata does not answer"
    assert aws.calls == []


def console_text(path: Path, outcomes: list[tuple[bool, str]]) -> str:
    path.touch()
    for success, reason in outcomes:
        assert Console(path).signal(success=success, reason=reason).verdict == "accepted"
    return path.read_text(encoding="ascii")


def test_the_console_keeps_one_line_for_each_outcome(tmp_path: Path) -> None:
    outcomes = [(False, "volume_not_mapped: EC2 has no volume"), (True, INSTANCE_ID)]
    assert console_text(tmp_path / "console", outcomes).splitlines() == [
        "ladybug-agent: boot failed: volume_not_mapped: EC2 has no volume",
        f"ladybug-agent: registered: {INSTANCE_ID}",
    ]


def test_the_console_gets_plain_ascii(tmp_path: Path) -> None:
    text = console_text(tmp_path / "console", [(False, "no such file: größe")])
    assert text == "ladybug-agent: boot failed: no such file: gr??e\n"


def test_a_missing_console_is_absent_and_not_made(tmp_path: Path) -> None:
    orchestrator: Orchestrator = Console(tmp_path / "console")
    outcome = orchestrator.signal(success=False, reason="")
    assert (outcome.target, outcome.verdict) == ("console", "absent")
    assert list(tmp_path.iterdir()) == []
    assert "No such file or directory" in outcome.detail
