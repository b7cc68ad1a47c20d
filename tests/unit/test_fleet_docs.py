"""What the pages say of the operator tools is what they take and do."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ladybug_fleet.command_line import build_parser
from ladybug_fleet.snapshots.model import Choice
from ladybug_fleet.snapshots.text import choice_outputs
from ladybug_fleet.stacks import states
from ladybug_fleet.stacks.model import Deployed
from ladybug_fleet.stacks.text import deployed_outputs
from support.bundles import ROOT

BLOCK = re.compile(r"^```\w*\n(.+?)^```$", re.MULTILINE | re.DOTALL)
FLEET_PAGE = (ROOT / "docs/fleet.md").read_text(encoding="utf-8")
DEPLOY_PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
INLINE = re.compile(r"`(ladybug-fleet [a-z][^`]*--[^`]*)`")


def commands(text: str) -> list[str]:
    """Return the command lines of a page, in blocks and in running text."""
    blocks = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
    inside = [line for line in blocks.splitlines() if line.startswith("ladybug-fleet ")]
    found = [*inside, *(" ".join(one.split()) for one in INLINE.findall(text))]
    return [line.partition(" | ")[0] for line in found]


PAGES = ("deploy.md", "errors.md", "fleet.md", "packaging.md")
COMMANDS = {
    line for page in PAGES for line in commands((ROOT / "docs" / page).read_text(encoding="utf-8"))
}


def section(name: str) -> str:
    return FLEET_PAGE.partition(f"## `{name}`")[2].partition("\n## ")[0]


@pytest.mark.parametrize("line", sorted(COMMANDS - {"ladybug-fleet --version"}))
def test_a_command_to_paste_is_one_that_the_tool_takes(line: str) -> None:
    assert build_parser().parse_args(shlex.split(line)[1:]).verb


def test_the_parameters_to_write_down_are_json() -> None:
    written = re.search(r"cat >prod\.json <<'END'\n(.+?)\nEND", DEPLOY_PAGE, re.DOTALL)
    assert written
    assert json.loads(written[1])["Environment"] == "prod"


def test_every_output_is_on_the_page() -> None:
    chosen = choice_outputs(Choice(snapshot=None, age_days=0, is_stale=False))
    deployed = deployed_outputs(Deployed(outcome="unchanged", stack=None))
    for verb, outputs in (("snapshot", chosen), ("deploy", deployed)):
        assert [name for name in outputs if f"`{name}`" not in section(verb)] == []


def test_every_state_of_a_stack_is_on_the_page() -> None:
    known = states.UPDATABLE | states.DEAD | states.STUCK | {"UPDATE_FAILED", states.REVIEW}
    assert [state for state in known if f"`{state}`" not in section("deploy")] == []


@pytest.mark.parametrize("verb", ["snapshot", "deploy", "wait", "status", "roll"])
def test_every_verb_has_its_section_and_its_schema(verb: str) -> None:
    assert f"`ladybug.fleet-{verb}/1`" in section(verb)


def replica_parameters() -> set[str]:
    """Return the parameters that page and workflow give to the replica stack."""
    written = re.search(r"cat >prod\.json <<'END'\n(.+?)\nEND", DEPLOY_PAGE, re.DOTALL)
    workflow = (ROOT / "packaging/github/deploy-replicas.yml").read_text(encoding="utf-8")
    deployed = [line for line in commands(DEPLOY_PAGE) if "cloudformation/replicas.yaml" in line]
    given = re.findall(r'--parameter "?(\w+)=', "\n".join([*deployed, workflow]))
    return {*given, *(json.loads(written[1]) if written else ())}


@pytest.mark.parametrize("template", [*(ROOT / "packaging/cloudformation").glob("replicas.yaml")])
def test_the_replica_stack_takes_what_page_and_workflow_give_it(template: Path) -> None:
    head = template.read_text(encoding="utf-8").partition("\nResources:")[0]
    declared = dict(re.findall(r"^  (\w+):\n((?:    .*\n)+)", head, re.MULTILINE))
    required = {
        name
        for name, body in declared.items()
        if "    Type:" in body and "    Default:" not in body
    }
    assert replica_parameters() - set(declared) == set()
    assert required - replica_parameters() == set()
