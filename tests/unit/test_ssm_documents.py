"""The Run Command documents: keys and limits that nothing else checks, and what they run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ladybug_agent.command_line import build_parser
from support.cloudformation import read_template
from support.embedded import ROOT

SSM = ROOT / "packaging" / "ssm"
AGENT = "/opt/ladybug-agent/current/bin/ladybug-agent"
NAMES = ("diagnose", "drain", "refresh")
MOST_BYTES = 64 * 1024
PARAMETER_KEYS = {
    "type", "description", "default", "allowedValues", "allowedPattern", "interpolationType",
}  # fmt: skip
RESERVED = re.compile("aws|amazon|amzn", re.IGNORECASE)
each_document = pytest.mark.parametrize("name", NAMES)


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SSM / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def script(name: str) -> str:
    (step,) = document(name)["mainSteps"]
    (text,) = step["inputs"]["runCommand"]
    return str(text)


def run(name: str, tmp_path: Path, **parameters: str) -> subprocess.CompletedProcess[str]:
    """Run the document with an agent that says how it was called."""
    agent = tmp_path / "agent"
    agent.write_text('#!/bin/sh\necho "$@"\n')
    agent.chmod(0o755)
    return subprocess.run(
        ["bash", "-c", script(name).replace(AGENT, str(agent))],
        env={f"SSM_{key}": value for key, value in parameters.items()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@each_document
def test_a_document_has_the_keys_of_schema_2_2(name: str) -> None:
    found = document(name)
    assert set(found) == {"schemaVersion", "description", "parameters", "mainSteps"}
    assert found["schemaVersion"] == "2.2"
    (step,) = found["mainSteps"]
    assert set(step) == {"action", "name", "precondition", "inputs"}
    assert step["action"] == "aws:runShellScript"
    assert step["precondition"] == {"StringEquals": ["platformType", "Linux"]}
    assert set(step["inputs"]) == {"timeoutSeconds", "runCommand"}


@each_document
def test_a_document_is_small_enough(name: str) -> None:
    assert (SSM / f"{name}.yaml").stat().st_size <= MOST_BYTES


@each_document
def test_a_timeout_is_one_that_the_ssm_agent_takes_at_its_word(name: str) -> None:
    """Outside of these limits, or unreadable, it would silently be an hour."""
    (step,) = document(name)["mainSteps"]
    assert isinstance(step["inputs"]["timeoutSeconds"], str)
    assert 5 <= int(step["inputs"]["timeoutSeconds"]) <= 172_800


@each_document
def test_a_parameter_reaches_the_script_as_a_variable_and_never_as_text(name: str) -> None:
    assert "{{" not in script(name)
    for parameter, declared in document(name)["parameters"].items():
        assert set(declared) <= PARAMETER_KEYS
        assert declared["interpolationType"] == "ENV_VAR"
        assert f"SSM_{parameter}" in script(name)
        pattern = declared.get("allowedPattern", "^$")
        assert (pattern[0], pattern[-1]) == ("^", "$")
        assert "allowedValues" in declared or "allowedPattern" in declared
        if "allowedValues" in declared:
            assert declared["default"] in declared["allowedValues"]


@each_document
def test_an_old_ssm_agent_which_sets_no_variables_is_refused(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "older than 3.3.2746" in done.stderr


@pytest.mark.parametrize(
    ("name", "parameters", "called"),
    [
        ("diagnose", {"Format": "json"}, "diagnose --format json"),
        ("drain", {"Undo": "no"}, "drain"),
        ("drain", {"Undo": "yes"}, "drain --undo"),
        ("refresh", {"Image": "", "Force": "no"}, "refresh"),
        ("refresh", {"Image": "a:b", "Force": "yes"}, "refresh --image=a:b --force"),
        ("refresh", {"Image": "a; id", "Force": "no"}, "refresh --image=a; id"),
    ],
)
def test_a_document_runs_the_verb(
    name: str, parameters: dict[str, str], called: str, tmp_path: Path
) -> None:
    done = run(name, tmp_path, **parameters)
    assert (done.stdout, done.returncode) == (called + "\n", 0)


@pytest.mark.parametrize("called", ["drain", "drain --undo", "refresh --image=a:b --force"])
def test_the_agent_takes_what_it_is_called_with(called: str) -> None:
    assert build_parser().parse_args(called.split()).verb == called.split(maxsplit=1)[0]


@each_document
def test_the_script_has_no_fault_that_shellcheck_finds(name: str) -> None:
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [checker, "--shell=bash", "--exclude=SC2154", "-"],  # the SSM agent assigns the variables
        input=script(name),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_template_makes_each_document_in_place_when_it_changes() -> None:
    documents = [
        one["Properties"]
        for template in ("ssm", "snapshots")
        for one in read_template(template)["Resources"].values()
        if one["Type"] == "AWS::SSM::Document"
    ]
    assert len(documents) == 4
    for found in documents:
        assert (found["UpdateMethod"], found["DocumentType"]) == ("NewVersion", "Command")
        assert not RESERVED.match(found["Name"]["Fn::Sub"])
