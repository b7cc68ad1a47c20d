"""docs/stack.md tells of every action, alarm, hook and parameter of the stack."""

from __future__ import annotations

import re

import pytest

from ladybug_lab.aws.policy import actions_of
from support.cloudformation import read_template
from support.embedded import ROOT
from support.replica_stack import agent_policy, replica_stack

PAGE = (ROOT / "docs" / "stack.md").read_text(encoding="utf-8")
ACTIONS = {action for _, action in actions_of(agent_policy(replica_stack()))}
ACTION = re.compile(r"`([a-z0-9]+:[A-Z]\w+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]


def test_the_table_of_actions_is_the_policy() -> None:
    table = {action for line in ROWS for action in ACTION.findall(line.split("|")[1])}
    assert table == ACTIONS


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_row_says_on_what_for_what_and_what_fails_without_it(action: str) -> None:
    for line in (row for row in ROWS if f"`{action}`" in row.split("|")[1]):
        assert [cell for cell in line.strip("| ").split("|") if not cell.strip()] == []


def test_every_alarm_is_told() -> None:
    resources = read_template("replicas")["Resources"]
    alarms = {name for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {name for name in alarms if f"| `{name}` |" not in PAGE} == set()


def test_every_parameter_is_told() -> None:
    assert {
        name for name in read_template("replicas")["Parameters"] if f"`{name}`" not in PAGE
    } == (set())


def test_the_times_of_the_hooks_are_told() -> None:
    for hook in replica_stack().properties("ReplicaGroup")["LifecycleHookSpecificationList"]:
        (line,) = (row for row in ROWS if row.startswith(f"| `{hook['LifecycleHookName']}` |"))
        assert f"| {hook['HeartbeatTimeout']} s | {hook['DefaultResult']}" in line
