"""Which fleet is meant: by the stack that it belongs to, or by its group and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ladybug_agent.errors import ConfigError
from ladybug_fleet.stacks.model import StackFacts

GROUP_TYPE = "AWS::AutoScaling::AutoScalingGroup"
TABLE_PARAMETER = "RegistryTable"


class StackReader(Protocol):
    def stack(self, name: str) -> StackFacts | None:
        """Return the stack; None if there is none."""

    def resources(self, stack: str, kind: str) -> tuple[str, ...]:
        """Return the physical ids of the stack's resources of this type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A group and its registry; `stack` is empty where none was named."""

    group: str
    table: str
    stack: str = ""


def locate(stacks: StackReader, stack: str, group: str, table: str) -> Location:
    """Return where the fleet is: what is given goes before what the stack says.

    Raises ConfigError where that leaves a question open.
    """
    if stack and not (group and table):
        facts = stacks.stack(stack)
        if facts is None:
            raise ConfigError(
                "stack_missing",
                f"wanted the stack {stack}, found none",
                hint="look at the name and the region; ladybug-fleet deploy makes it",
            )
        group = group or _only(stacks.resources(stack, GROUP_TYPE), stack)
        table = table or facts.parameters.get(TABLE_PARAMETER, "")
    if not (group and table):
        raise ConfigError(
            "fleet_usage",
            f"wanted the fleet's group and registry table, found {group or 'no group'} and"
            f" {table or 'no table'}",
            hint="--stack NAME (a stack with the parameter RegistryTable), or --group and --table",
        )
    return Location(group=group, table=table, stack=stack)


def _only(groups: Sequence[str], stack: str) -> str:
    if len(groups) != 1:
        raise ConfigError(
            "fleet_usage",
            f"wanted one Auto Scaling group in {stack}, found {len(groups)}",
            hint="name it with --group",
        )
    return groups[0]
