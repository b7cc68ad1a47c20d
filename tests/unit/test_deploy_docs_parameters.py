"""The documentation and the workflow give the replica stack what it has, and all that it needs."""

from __future__ import annotations

import json
import re

from support.cloudformation import read_template
from support.embedded import ROOT

DECLARED = read_template("replicas")["Parameters"]
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / "packaging" / "github" / "deploy-replicas.yml").read_text(encoding="utf-8")
GIVEN = re.compile(r'--parameter "?(\w+)=')


def example_file() -> dict[str, object]:
    found = re.search(r"^(\{\n.*?^\})", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    parsed: dict[str, object] = json.loads(found[1])
    return parsed


def test_the_workflow_gives_what_the_stack_has() -> None:
    assert set(GIVEN.findall(WORKFLOW)) <= set(DECLARED)


def test_the_page_gives_what_the_stack_has_and_all_that_has_no_default() -> None:
    step = PAGE[PAGE.index("cloudformation/replicas.yaml") :]
    given = set(example_file()) | set(GIVEN.findall(step))
    assert given <= set(DECLARED)
    assert {name for name, one in DECLARED.items() if "Default" not in one} <= given
