"""CloudFormation templates read and resolved, as far as ours go."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from support.embedded import TEMPLATES

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "shared-replicas-lab"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()
VARIABLE = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")


class _Loader(yaml.SafeLoader):
    """Reads `!Sub x` as {"Fn::Sub": "x"}."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    match node:
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            value = str(node.value)
    return {name: value.split(".", 1) if suffix == "GetAtt" else value}


_Loader.add_multi_constructor("!", _intrinsic)


def read_template(name: str) -> dict[str, Any]:
    """Return the template `<name>.yaml` of this project with long forms of its functions."""
    return parse(TEMPLATES / f"{name}.yaml")


@cache  # a second of parsing; nobody changes what was read
def parse(path: Path) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    return template


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A template with parameters: what CloudFormation would make of it."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str | list[str]]
    known: Mapping[str, str] = field(default_factory=dict)
    """What `Ref` and `GetAtt` (`Logical.Attribute`) answer for resources; else their own name."""

    def properties(self, logical_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.value(self.template["Resources"][logical_id]["Properties"])
        return found

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of the resources of a type that would be made, by logical id."""
        return {
            name: self.properties(name)
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == kind
            and ("Condition" not in resource or self.holds({"Condition": resource["Condition"]}))
        }

    def broken_rules(self) -> list[str]:
        """Return what CloudFormation would refuse the parameters with."""
        return [
            assertion["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            if "RuleCondition" not in rule or self.holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self.holds(assertion["Assert"])
        ]

    def holds(self, condition: Mapping[str, Any]) -> bool:
        ((name, given),) = condition.items()
        match name:
            case "Condition":
                return self.holds(self.template["Conditions"][given])
            case "Fn::Equals":
                one, other = (self.value(side) for side in given)
                return str(one) == str(other)
            case "Fn::Contains":
                return str(self.value(given[1])) in self.value(given[0])
            case "Fn::Not":
                return not self.holds(given[0])
            case "Fn::And":
                return all(self.holds(part) for part in given)
            case "Fn::Or":
                return any(self.holds(part) for part in given)
            case _:
                raise AssertionError(f"a condition that is not known here: {name}")

    def value(self, given: Any) -> Any:
        match given:
            case {"Ref": name}:
                return self._ref(name)
            case dict() if len(given) == 1 and next(iter(given)).startswith("Fn::"):
                ((name, argument),) = given.items()
                return self._function(name, argument)
            case dict():
                kept = {key: self.value(item) for key, item in given.items()}
                return {key: item for key, item in kept.items() if item is not NO_VALUE}
            case list():
                return [item for item in map(self.value, given) if item is not NO_VALUE]
            case _:
                return given

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::If", [condition, then, otherwise]:
                return self.value(then if self.holds({"Condition": condition}) else otherwise)
            case "Fn::Sub", [text, values]:
                return self._sub(text, self.value(values))
            case "Fn::Sub", text:
                return self._sub(text, {})
            case "Fn::Join", [glue, parts]:
                return glue.join(map(str, self.value(parts)))
            case "Fn::GetAtt", [resource, attribute]:
                return self.known.get(f"{resource}.{attribute}", f"{resource}.{attribute}")
            case "Fn::Base64", text:
                return base64.b64encode(self.value(text).encode()).decode()
            case _:
                raise AssertionError(f"a function that is not known here: {name}")

    def _sub(self, text: str, values: Mapping[str, Any]) -> str:
        def written(found: re.Match[str]) -> str:
            escaped, name = found.groups()
            if escaped:
                return f"${{{name}}}"
            if name in values:
                return str(values[name])
            is_attribute = "." in name
            return str(
                self.value({"Fn::GetAtt": name.split(".", 1)} if is_attribute else {"Ref": name})
            )

        return VARIABLE.sub(written, text)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        declared = self.template["Parameters"].get(name)
        if declared is None:
            return self.known.get(name, name)
        if name in self.parameters:
            return self.parameters[name]
        return declared["Default"]
