"""The one home of each outside library in the operator tools, read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ladybug_fleet

SOURCE = Path(ladybug_fleet.__file__).parent
FILES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
OWN = {"ladybug_agent", "ladybug_fleet"}
HOMES = {
    "argparse_manpage": {"bundle/pages.py"},
    "boto3": {"aws.py"},
    "botocore": {"aws.py"},
    "hatchling": {"bundle/own_wheel.py"},
    "packaging": {"bundle/closure.py", "bundle/wheel.py"},
    "shtab": {"bundle/pages.py"},
}
BUILD_TOOLS = {"argparse_manpage", "hatchling", "packaging", "shtab"}


def libraries(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]


def users(library: str) -> set[str]:
    return {name for name in FILES if library in libraries(name)}


@pytest.mark.parametrize("library", sorted(HOMES))
def test_an_outside_library_is_used_in_its_home_and_there_it_is(library: str) -> None:
    assert users(library) == HOMES[library]


def test_every_outside_library_has_a_home() -> None:
    known = OWN | set(HOMES) | set(sys.stdlib_module_names)
    found = {library for name in FILES for library in libraries(name)} - known
    # structlog is set up at the door, for whoever has something to log.
    assert found - {"structlog"} == set()


def test_an_operator_who_builds_nothing_needs_no_build_tool() -> None:
    program = "import sys, ladybug_fleet.verbs.publish, ladybug_fleet.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert BUILD_TOOLS & set(done.stdout.split()) == set()
