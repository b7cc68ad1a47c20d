"""A deployment: what is done in each state of a stack, and what is said of a rollback."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fakes.clock import FakeClock
from fakes.stacks import A_CHANGE, NAME, NESTED_ID, UNCHANGED, FakeStacks, Told
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ConfigError, ExternalFailure, Refused, describe
from ladybug_fleet.stacks.deployment import Audience, deploy
from ladybug_fleet.stacks.model import (
    STACK_TYPE,
    Deployed,
    Request,
    StackFacts,
    Template,
    TemplateParameter,
)
from ladybug_fleet.stacks.parameters import complete_parameters
from ladybug_fleet.stacks.states import judge_state
from ladybug_fleet.stacks.text import change_line, event_line

CREATED = [Told("CREATE_IN_PROGRESS"), Told("CREATE_COMPLETE", "Group"), Told("CREATE_COMPLETE")]
UPDATED = [
    Told("UPDATE_IN_PROGRESS"),
    Told("UPDATE_COMPLETE", "Group"),
    Told("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    Told("UPDATE_COMPLETE"),
]
SIGNAL = "Received 1 FAILURE signal(s) out of 2"
CANCELLED = "Resource creation cancelled"


@dataclass(slots=True)
class Listener:
    heard: list[str] = field(default_factory=list)

    def audience(self) -> Audience:
        return Audience(
            change=lambda change: self.heard.append(change_line(change)),
            event=lambda event: self.heard.append(event_line(event)),
            note=self.heard.append,
        )


def run(
    stacks: FakeStacks,
    *,
    dry_run: bool = False,
    listener: Listener | None = None,
    timeout_s: float = 600.0,
) -> Deployed:
    request = Request(stack=NAME, template=Template(body="{}"))
    deadline = Deadline.after(timeout_s, FakeClock())
    audience = (listener or Listener()).audience()
    return deploy(stacks, request, audience, dry_run=dry_run, deadline=deadline)


def failure(stacks: FakeStacks, timeout_s: float = 600.0) -> AgentError:
    with pytest.raises(AgentError) as caught:
        run(stacks, timeout_s=timeout_s)
    return caught.value


def rolled_back(
    *events: Told, status: str | None = None, nested: tuple[Told, ...] = ()
) -> ExternalFailure:
    error = failure(FakeStacks(status=status, operation=list(events), nested=list(nested)))
    assert isinstance(error, ExternalFailure)
    return error


def test_a_stack_that_is_not_there_is_created() -> None:
    stacks = FakeStacks(operation=CREATED)
    deployed = run(stacks)
    assert (deployed.outcome, stacks.kind, stacks.status) == (
        "created",
        "CREATE",
        "CREATE_COMPLETE",
    )


def test_a_stack_that_is_there_is_updated() -> None:
    stacks = FakeStacks(status="CREATE_COMPLETE", operation=UPDATED)
    deployed = run(stacks)
    assert (deployed.outcome, stacks.kind) == ("updated", "UPDATE")
    assert deployed.changes == (A_CHANGE,)


def test_the_state_from_before_is_not_taken_for_the_end() -> None:
    """Right after the beginning a stack still is in UPDATE_COMPLETE, from the time before."""
    stacks = FakeStacks(status="UPDATE_COMPLETE", operation=[*UPDATED[:1] * 5, *UPDATED[1:]])
    assert run(stacks).outcome == "updated"
    assert stacks.to_come == []


def test_changes_and_events_are_told_as_they_come() -> None:
    listener = Listener()
    run(FakeStacks(status="CREATE_COMPLETE", operation=UPDATED), listener=listener)
    assert listener.heard[0] == "  ~ Group  AWS::AutoScaling::AutoScalingGroup"
    assert [line.split()[1] for line in listener.heard[1:]] == [told.status for told in UPDATED]


def test_no_changes_is_success() -> None:
    stacks = FakeStacks(status="UPDATE_COMPLETE", refused_because=UNCHANGED)
    assert run(stacks).outcome == "unchanged"
    assert (stacks.pending, stacks.executed) == ([], False)


def test_a_change_set_that_cannot_be_made_leaves_nothing_behind() -> None:
    stacks = FakeStacks(refused_because="Template error: no such resource")
    error = failure(stacks)
    assert (error.code, stacks.status, stacks.pending) == ("change_set_failed", None, [])
    assert "no such resource" in str(error)


def test_a_dry_run_shows_and_leaves_nothing_behind() -> None:
    stacks = FakeStacks()
    listener = Listener()
    assert run(stacks, dry_run=True, listener=listener).outcome == "dry_run"
    assert (stacks.status, stacks.pending, stacks.executed) == (None, [], False)
    assert listener.heard == ["  ~ Group  AWS::AutoScaling::AutoScalingGroup"]


def test_finding_09_a_creation_that_rolls_back_is_reported_with_what_failed_first() -> None:
    error = rolled_back(
        Told("CREATE_IN_PROGRESS"),
        Told("CREATE_FAILED", "Other", CANCELLED),
        Told("CREATE_FAILED", "Group", SIGNAL),
        Told("CREATE_FAILED", "Third", "something later"),
        Told("ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create: [Group]"),
        Told("DELETE_COMPLETE", "Group"),
        Told("ROLLBACK_COMPLETE"),
    )
    assert error.code == "stack_rolled_back"
    assert str(error) == (
        "wanted the creation to complete, found it rolled back; first failed:"
        f" Group (AWS::Lab::Resource) CREATE_FAILED: {SIGNAL}"
    )
    assert "console" in error.hint


def test_finding_09_an_update_that_rolls_back_is_reported_with_what_failed_first() -> None:
    error = rolled_back(
        Told("UPDATE_IN_PROGRESS"),
        Told("UPDATE_FAILED", "Group", "limit exceeded"),
        Told("UPDATE_ROLLBACK_IN_PROGRESS"),
        Told("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        Told("UPDATE_ROLLBACK_COMPLETE"),
        status="CREATE_COMPLETE",
    )
    assert error.code == "stack_rolled_back"
    assert str(error).startswith("wanted the update to complete")
    assert str(error).endswith("UPDATE_FAILED: limit exceeded")


def test_finding_09_a_rollback_that_fails_still_says_what_failed_first() -> None:
    error = rolled_back(
        Told("UPDATE_IN_PROGRESS"),
        Told("UPDATE_FAILED", "Group", "limit exceeded"),
        Told("UPDATE_ROLLBACK_IN_PROGRESS"),
        Told("UPDATE_FAILED", "Role", "access denied"),
        Told("UPDATE_ROLLBACK_FAILED", reason="The following resource(s) failed to update: [Role]"),
        status="CREATE_COMPLETE",
    )
    assert error.code == "stack_rollback_failed"
    assert str(error).endswith("UPDATE_FAILED: limit exceeded")


def test_finding_09_a_creation_whose_rollback_fails() -> None:
    error = rolled_back(
        Told("CREATE_IN_PROGRESS"),
        Told("CREATE_FAILED", "Group", "no capacity"),
        Told("ROLLBACK_IN_PROGRESS"),
        Told("DELETE_FAILED", "Bucket", "not empty"),
        Told("ROLLBACK_FAILED"),
    )
    assert (error.code, str(error).endswith("no capacity")) == ("stack_rollback_failed", True)


def test_finding_09_what_failed_inside_of_a_nested_stack_is_named() -> None:
    error = rolled_back(
        Told("CREATE_IN_PROGRESS"),
        Told("CREATE_FAILED", "Inner", "Embedded stack failed", STACK_TYPE, NESTED_ID),
        Told("ROLLBACK_COMPLETE"),
        nested=(
            Told("CREATE_FAILED", "Second", CANCELLED),
            Told("CREATE_FAILED", "Deep", "the true reason"),
        ),
    )
    assert str(error).endswith("Deep (AWS::Lab::Resource) CREATE_FAILED: the true reason")


def test_finding_09_a_rollback_without_a_failing_resource_gives_the_reason_of_the_stack() -> None:
    error = rolled_back(
        Told("UPDATE_IN_PROGRESS"),
        Told("UPDATE_ROLLBACK_IN_PROGRESS", reason="User Initiated"),
        Told("UPDATE_ROLLBACK_COMPLETE"),
        status="CREATE_COMPLETE",
    )
    assert str(error).endswith(
        "replicas (AWS::CloudFormation::Stack) UPDATE_ROLLBACK_IN_PROGRESS: User Initiated"
    )


def test_an_operation_that_ends_without_a_rollback_is_a_failure_too() -> None:
    error = rolled_back(
        Told("UPDATE_IN_PROGRESS"),
        Told("UPDATE_FAILED", "Group", "limit exceeded"),
        Told("UPDATE_FAILED"),
        status="CREATE_COMPLETE",
    )
    assert (error.code, "UPDATE_FAILED" in str(error)) == ("stack_operation_failed", True)


def test_what_a_good_update_could_not_delete_is_told() -> None:
    operation = [*UPDATED[:3], Told("DELETE_FAILED", "Old", "in use"), UPDATED[3]]
    deployed = run(FakeStacks(status="CREATE_COMPLETE", operation=operation))
    assert [(left.logical_id, left.reason) for left in deployed.leftovers] == [("Old", "in use")]


@pytest.mark.parametrize(
    ("before", "ends_as"),
    [
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
        ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        ("IMPORT_IN_PROGRESS", "IMPORT_COMPLETE"),
    ],
)
def test_an_operation_under_way_is_waited_for(before: str, ends_as: str) -> None:
    listener = Listener()
    stacks = FakeStacks(status=before, operation=UPDATED)
    stacks.to_come = [Told("UPDATE_COMPLETE", "Group"), Told(ends_as)]
    assert run(stacks, listener=listener).outcome == "updated"
    assert listener.heard[0] == f"{NAME} is in {before}; waiting for that to end first"


def test_a_stack_that_is_being_deleted_is_created_when_it_is_gone() -> None:
    stacks = FakeStacks(status="DELETE_IN_PROGRESS", operation=CREATED)
    stacks.to_come = [Told("DELETE_COMPLETE", "Group"), Told("DELETE_COMPLETE")]
    assert run(stacks).outcome == "created"


def test_an_operation_under_way_that_fails_is_told_before_the_next_begins() -> None:
    listener = Listener()
    stacks = FakeStacks(status="UPDATE_IN_PROGRESS", operation=UPDATED)
    stacks.to_come = [
        Told("UPDATE_IN_PROGRESS"),
        Told("UPDATE_FAILED", "Group", "limit exceeded"),
        Told("UPDATE_ROLLBACK_COMPLETE"),
    ]
    run(stacks, listener=listener)
    assert any(line.startswith("that failed: Group") for line in listener.heard)


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        ("ROLLBACK_COMPLETE", "stack_must_be_deleted", "delete-stack"),
        ("ROLLBACK_FAILED", "stack_must_be_deleted", "delete-stack"),
        ("CREATE_FAILED", "stack_must_be_deleted", "delete-stack"),
        ("DELETE_FAILED", "stack_must_be_deleted", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "stack_rollback_failed", "continue-update-rollback"),
        ("IMPORT_ROLLBACK_FAILED", "stack_rollback_failed", "continue-update-rollback"),
        ("UPDATE_FAILED", "stack_update_failed", "rollback-stack"),
        ("TELEPORT_COMPLETE", "stack_state_unknown", "does not know"),
    ],
)
def test_a_stack_that_must_be_mended_first_is_refused(status: str, code: str, remedy: str) -> None:
    stacks = FakeStacks(status=status)
    error = failure(stacks)
    assert (error.code, remedy in error.hint, stacks.sent) == (code, True, None)
    assert isinstance(error, Refused)


def test_a_change_set_of_others_that_waits_for_a_review_is_left_alone() -> None:
    stacks = FakeStacks(status="REVIEW_IN_PROGRESS", pending=["by-hand"])
    error = failure(stacks)
    assert (error.code, "by-hand" in str(error)) == ("stack_in_review", True)
    assert stacks.pending == ["by-hand"]


def test_what_an_interrupted_run_left_in_review_does_not_matter() -> None:
    stacks = FakeStacks(
        status="REVIEW_IN_PROGRESS", pending=["ladybug-0123456789ab"], operation=CREATED
    )
    assert (run(stacks).outcome, stacks.kind) == ("created", "CREATE")


def test_when_time_runs_out_the_stack_goes_on_and_the_error_says_how_to_follow() -> None:
    stacks = FakeStacks(status="CREATE_COMPLETE", operation=[Told("UPDATE_IN_PROGRESS")])
    error = failure(stacks, timeout_s=30)
    assert "stack_under_way" in describe(error)
    assert "run this again to follow it" in describe(error)


def test_a_stack_that_is_complete_needs_no_step_first() -> None:
    assert judge_state(StackFacts(name=NAME, stack_id="", status="CREATE_COMPLETE")) == "update"


DECLARED = (
    TemplateParameter(name="Image", has_default=False),
    TemplateParameter(name="Size", has_default=True),
)
KNOWN = StackFacts(name=NAME, stack_id="", status="", parameters={"Image": "a", "Gone": "b"})


def test_a_parameter_that_is_not_given_keeps_the_value_of_the_stack() -> None:
    assert complete_parameters({"Size": "3"}, DECLARED, KNOWN) == {"Image": None, "Size": "3"}


def test_a_parameter_that_the_template_lost_is_not_sent() -> None:
    assert "Gone" not in complete_parameters({}, DECLARED, KNOWN)


def test_a_misspelt_parameter_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        complete_parameters({"Imgae": "a"}, DECLARED, KNOWN)
    assert caught.value.code == "template_parameter_unknown"
    assert caught.value.hint == "the template has Image, Size"


def test_a_new_stack_needs_a_value_for_each_parameter_without_a_default() -> None:
    with pytest.raises(ConfigError) as caught:
        complete_parameters({}, DECLARED, None)
    assert (caught.value.code, caught.value.hint) == (
        "template_parameter_missing",
        "--parameter Image=VALUE",
    )
