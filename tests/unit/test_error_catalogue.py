"""Every error code has an entry in `docs/errors.md`, and every entry a code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ladybug_agent
from ladybug_agent import errors
from ladybug_agent.adapters.docker_pull import CAUSES, HINTS
from ladybug_agent.diagnose.check import CRASHED, TIMED_OUT

AGENT = Path(ladybug_agent.__file__).parent.parent
CATALOGUE = AGENT.parent / "docs" / "errors.md"
CLASSES = {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.AgentError)
}
# The engine says what happened in words, and a table turns them into codes.
BY_TABLE = {"docker_pull.py": {*HINTS, *(code for _, code in CAUSES)}}
# The scripts that install the agent say a code and a sentence, too.
SCRIPTS = [
    AGENT.parent / "packaging" / "userdata.sh",
    AGENT.parent / "packaging" / "bundle" / "install",
    AGENT.parent / "systemd" / "ladybug-versions",
]
BY_SCRIPT = {
    code
    for path in SCRIPTS
    for code in re.findall(r"\bfail [\"']([a-z_]+): ", path.read_text(encoding="utf-8"))
}
# What the door of the program calls an exception that is not one of the classes.
BY_THE_DOOR = {"internal_error"}
# What `diagnose` says of a check that did not end by itself.
BY_THE_EXAMINATION = {CRASHED, TIMED_OUT}
EXIT_STATUSES = {"ConfigError": "2", "Fenced": "3", "Busy": "75"}
ACTION = re.compile(r'"((?:ec2|ecr|s3|dynamodb|cloudformation|autoscaling):[A-Z]\w+)"')
HEADING = re.compile(r"^### `(?P<code>[a-z_]+)`\n(?P<body>(?:(?!^#).*\n?)*)", re.MULTILINE)


def raised_in(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Yield class and code wherever one of our errors is made; the code may be any expression."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[code, *_]):
                if name in CLASSES:
                    yield name, code


def literals(path: Path) -> Iterator[tuple[str, str]]:
    """Yield class and code of the errors whose code is written out."""
    for name, code in raised_in(path):
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield name, code.value


def warned_in(path: Path) -> Iterator[str]:
    """Yield the codes of what `diagnose` warns of: `Found(code="...")`, or a `code` before it."""
    if "diagnose/checks" not in path.as_posix():
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                yield code
            case ast.Assign(
                targets=[ast.Name(id="code")], value=ast.IfExp(body=ast.Constant(value=str(code)))
            ):
                yield code


SOURCES = sorted(AGENT.rglob("*.py"))
WRITTEN_OUT = {pair for path in SOURCES for pair in literals(path)}
WARNED = {code for path in SOURCES for code in warned_in(path)}
RAISED = (BY_THE_DOOR | BY_SCRIPT | BY_THE_EXAMINATION | WARNED).union(
    *BY_TABLE.values(), (code for _, code in WRITTEN_OUT)
)
IAM_ACTIONS = sorted({action for path in SOURCES for action in ACTION.findall(path.read_text())})
ENTRIES = {found["code"]: found["body"] for found in HEADING.finditer(CATALOGUE.read_text())}


def test_every_code_in_the_source_is_a_literal_or_in_a_table() -> None:
    elsewhere = [
        f"{path.name}:{code.lineno}"
        for path in SOURCES
        for _, code in raised_in(path)
        if not isinstance(code, ast.Constant) and path.name not in BY_TABLE
    ]
    assert elsewhere == []


def test_every_code_has_an_entry() -> None:
    assert sorted(RAISED - set(ENTRIES)) == []


def test_every_entry_has_a_code() -> None:
    assert sorted(set(ENTRIES) - RAISED) == []


def test_no_code_has_two_entries() -> None:
    headings = re.findall(r"^### .*$", CATALOGUE.read_text(), re.MULTILINE)
    assert len(headings) == len(ENTRIES)


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_an_entry_says_cause_and_remedy(code: str) -> None:
    parts = re.findall(r"^\*\*(Cause|Remedy)\.\*\* \S", ENTRIES[code], re.MULTILINE)
    assert parts == ["Cause", "Remedy"]


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_an_entry_has_commands_to_paste(code: str) -> None:
    commands = re.findall(r"^```\n(.+?)^```$", ENTRIES[code], re.MULTILINE | re.DOTALL)
    assert [command.strip() for command in commands if not command.strip()] == []
    assert commands


@pytest.mark.parametrize(("kind", "code"), sorted(WRITTEN_OUT))
def test_an_entry_says_the_exit_status_unless_it_is_1(kind: str, code: str) -> None:
    status = EXIT_STATUSES.get(kind)
    said = re.search(r"^\*\*Exit status\.\*\* (\d+)$", ENTRIES.get(code, ""), re.MULTILINE)
    assert (said and said[1]) == status


@pytest.mark.parametrize("action", IAM_ACTIONS)
def test_every_iam_action_that_a_boot_uses_is_in_the_catalogue(action: str) -> None:
    assert f"`{action}`" in ENTRIES["aws_access_denied"]


@pytest.mark.parametrize("code", sorted(RAISED))
def test_a_code_is_snake_case(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)


def test_the_catalogue_is_plain_ascii() -> None:
    assert CATALOGUE.read_text().isascii()
