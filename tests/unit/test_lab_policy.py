"""The lab's evaluation of IAM policies, by the rules of AWS's own."""

from __future__ import annotations

from typing import Any

import pytest

from ladybug_lab.aws.policy import Policy, Question, actions_of, without
from ladybug_lab.errors import LabError

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/registry"
REGION = {"aws:RequestedRegion": "us-east-1"}


def statement(**changes: Any) -> dict[str, Any]:
    return {
        "Sid": "Rows",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Resource": TABLE,
    } | changes


def allows(
    *statements: dict[str, Any],
    action: str = "dynamodb:GetItem",
    resource: str = TABLE,
    context: dict[str, str] | None = None,
) -> bool:
    policy = Policy({"Version": "2012-10-17", "Statement": list(statements)})
    return policy.allows(Question(action=action, resource=resource, context=context or {}))


def test_what_no_statement_allows_is_denied() -> None:
    assert allows(statement())
    assert not allows(statement(), action="dynamodb:DeleteItem")
    assert not allows(statement(), resource=TABLE + "2")


def test_an_explicit_denial_wins() -> None:
    assert not allows(statement(), statement(Effect="Deny", Action="dynamodb:*"))


def test_actions_are_compared_without_case_and_resources_with_it() -> None:
    assert allows(statement(Action="DynamoDB:getitem"))
    assert not allows(statement(), resource=TABLE.upper())


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("arn:aws:s3:::maps/hot/*", "arn:aws:s3:::maps/hot/a/b", True),
        ("arn:aws:s3:::maps/hot/*", "arn:aws:s3:::maps/hotter/a", False),
        ("arn:aws:s3:::maps/?", "arn:aws:s3:::maps/ab", False),
        ("arn:aws:s3:::maps/[ab]", "arn:aws:s3:::maps/a", False),
        ("*", "*", True),
        ("arn:aws:s3:::maps/a", "*", False),
    ],
)
def test_wildcards_cross_every_separator_and_nothing_else_is_special(
    pattern: str, resource: str, *, matches: bool
) -> None:
    found = allows(
        statement(Action="s3:GetObject", Resource=pattern), action="s3:GetObject", resource=resource
    )
    assert found is matches


def test_a_condition_must_hold_and_a_key_that_is_missing_holds_for_nothing() -> None:
    here = statement(
        Condition={"StringEquals": {"aws:requestedregion": ["us-east-1", "eu-west-1"]}}
    )
    assert allows(here, context=REGION)
    assert not allows(here, context={"aws:RequestedRegion": "us-east-2"})
    assert not allows(here)


@pytest.mark.parametrize(
    "unknown",
    [
        {"NotAction": "s3:*"},
        {"Effect": "allow"},
        {"Condition": {"Bool": {"aws:SecureTransport": "1"}}},
    ],
)
def test_what_is_not_known_is_an_error_and_no_answer(unknown: dict[str, Any]) -> None:
    with pytest.raises(LabError, match="not emulated"):
        allows(statement(**unknown))


def test_one_action_can_be_taken_out_of_one_statement() -> None:
    document = {"Statement": [statement(), statement(Sid="Reads", Action="dynamodb:GetItem")]}
    assert actions_of(document) == (
        ("Rows", "dynamodb:GetItem"),
        ("Rows", "dynamodb:PutItem"),
        ("Reads", "dynamodb:GetItem"),
    )
    assert actions_of(without(document, "Reads", "dynamodb:GetItem")) == actions_of(document)[:2]
    assert actions_of(without(document, "Rows", "dynamodb:PutItem")) == (
        ("Rows", "dynamodb:GetItem"),
        ("Reads", "dynamodb:GetItem"),
    )
