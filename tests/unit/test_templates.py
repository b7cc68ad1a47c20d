"""All CloudFormation templates: what CloudFormation itself refuses, and what people read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.cloudformation import parse
from support.embedded import EMBEDDED, TEMPLATES, embedded_in, renewed
from support.replica_stack import replica_stack

PATHS = sorted(TEMPLATES.glob("*.yaml"))
MOST_BYTES = 51_200
"""Of a template that is not first uploaded to S3."""
each_template = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def descriptions(part: Any) -> list[str]:
    match part:
        case dict():
            own = [part["Description"]] if isinstance(part.get("Description"), str) else []
            return own + [text for value in part.values() for text in descriptions(value)]
        case list():
            return [text for value in part for text in descriptions(value)]
        case _:
            return []


def test_there_are_the_four_templates() -> None:
    assert [path.stem for path in PATHS] == ["registry", "replicas", "snapshots", "ssm"]


@pytest.mark.thorough
def test_cfn_lint_finds_nothing() -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [lint, "--include-checks", "I", "--ignore-checks", "I3042", "--", *PATHS],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


@each_template
def test_a_template_needs_no_upload(path: Path) -> None:
    assert path.stat().st_size <= MOST_BYTES


@each_template
def test_a_template_has_no_alias_which_cloudformation_does_not_read(path: Path) -> None:
    events = yaml.parse(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    assert [event.anchor for event in events if isinstance(event, yaml.AliasEvent)] == []


@each_template
def test_what_is_embedded_is_what_its_file_has(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert renewed(text) == text, "run ./dev docs"


def test_every_file_for_instances_is_embedded_somewhere() -> None:
    found = {name for path in PATHS for name in embedded_in(path.read_text(encoding="utf-8"))}
    assert found == {
        "packaging/userdata.sh",
        "packaging/ssm/diagnose.yaml",
        "packaging/ssm/drain.yaml",
        "packaging/ssm/freeze.sh",
        "packaging/ssm/refresh.yaml",
    }


@each_template
def test_no_marker_is_left_without_its_end(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r"# (?:from|end of) packaging/", text)) == 2 * len(EMBEDDED.findall(text))


@each_template
def test_finding_19_descriptions_are_short_and_reasons_are_in_the_docs(path: Path) -> None:
    """The reasons are in docs/stack.md: a sentence or less here."""
    assert [text for text in descriptions(parse(path)) if len(text) > 105] == []
    lines = EMBEDDED.sub("", path.read_text(encoding="utf-8")).splitlines()
    assert [line for line in lines if line.lstrip().startswith("# ")] == []


@each_template
def test_every_parameter_that_is_text_says_what_it_may_be(path: Path) -> None:
    """They go into a shell script and a TOML file: no quote, no backslash, no line of its own."""
    for name, declared in parse(path).get("Parameters", {}).items():
        if declared["Type"] not in {"String", "CommaDelimitedList"}:
            continue
        pattern = declared.get("AllowedPattern")
        assert pattern or declared.get("AllowedValues"), name
        for text in ('a"b', "a'b", "a\\b", "a\nb", "a$b", "a`b", "$(a)"):
            assert pattern is None or not re.search(pattern, text), (name, text)


def test_defaults_are_allowed_by_their_own_patterns() -> None:
    for path in PATHS:
        for name, declared in parse(path).get("Parameters", {}).items():
            if "AllowedPattern" in declared and "Default" in declared:
                assert re.search(declared["AllowedPattern"], declared["Default"]), name


def test_the_registry_table_has_the_indexes_that_its_readers_use() -> None:
    table = parse(TEMPLATES / "registry.yaml")["Resources"]["InstanceRegistry"]["Properties"]
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "status-database-count-index": ["status", "database_count"],
        "tier-status-index": ["cluster_tier", "status"],
        "backend-type-status-index": ["backend_type", "status"],
    }
    assert {i["Projection"]["ProjectionType"] for i in table["GlobalSecondaryIndexes"]} == {"ALL"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_the_dashboard_is_json_and_every_widget_has_its_region() -> None:
    board = replica_stack().resources("AWS::CloudWatch::Dashboard")["Dashboard"]
    widgets = json.loads(board["DashboardBody"])["widgets"]
    assert len(widgets) == 9
    assert {widget["properties"]["region"] for widget in widgets} == {"us-east-1"}
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)
