"""The runbook names checks, codes and verbs that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ladybug_agent
from ladybug_agent.command_line import build_parser
from ladybug_agent.diagnose.bundle.contents import COMMANDS, FILES
from ladybug_agent.diagnose.catalogue import CHECKS

DOCS = Path(ladybug_agent.__file__).parents[2] / "docs"
RUNBOOK = (DOCS / "operations.md").read_text()
IDS = {check.id for check in CHECKS}
GROUPS = {check.group for check in CHECKS}
FENCE = re.compile(r"`([^`\n]+)`")
VERBS = re.compile(r"ladybug-agent ([a-z][a-z-]+)((?: --?[a-z]+(?: [a-zA-Z0-9_./:.-]+)?)*)")


def in_cells(column: int) -> list[str]:
    rows = [row for row in RUNBOOK.splitlines() if row.startswith("|") and row.count("|") > 4]
    return [row.replace("\\|", "/").split("|")[column] for row in rows]


def test_every_cause_in_the_runbook_is_a_check() -> None:
    named = [one for cell in in_cells(3) for one in FENCE.findall(cell) if "." in one]
    assert len(named) > 30
    assert sorted(set(named) - IDS) == []


def test_the_runbook_names_every_group_of_checks() -> None:
    assert sorted(group for group in GROUPS if f"`{group}." not in RUNBOOK) == []


def test_what_it_tells_to_ask_alone_is_there() -> None:
    asked = re.findall(r"--only ([a-z_.]+)", RUNBOOK)
    assert sorted(set(asked) - IDS - GROUPS) == []


@pytest.mark.parametrize("command", sorted({found[0] for found in VERBS.finditer(RUNBOOK)}))
def test_every_command_of_ours_is_understood(command: str) -> None:
    words = [word for word in command.removeprefix("ladybug-agent ").split() if word]
    if words[0] == "config":
        words = ["config", "check"]
    assert build_parser().parse_args([word.replace("...", "abc") for word in words])


def test_every_link_of_the_new_pages_leads_to_a_file() -> None:
    for page in ("operations.md", "report.md"):
        links = re.findall(r"\]\(([^)#]+)", (DOCS / page).read_text())
        assert [link for link in links if not (DOCS / link).exists()] == []


@pytest.mark.parametrize("name", sorted({name.split("/")[0] for name in (*COMMANDS, *FILES)}))
def test_the_page_names_every_folder_of_a_bundle(name: str) -> None:
    assert f"`{name}/`" in (DOCS / "report.md").read_text()


def test_the_pictures_are_small() -> None:
    sizes = {one.name: one.stat().st_size for one in DOCS.glob("pictures/report-*.png")}
    assert len(sizes) == 3
    assert {name: size for name, size in sizes.items() if size > 150_000} == {}
