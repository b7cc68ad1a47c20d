"""No code path of a replica can write the graph registry: read from the source."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

import ladybug_agent
from ladybug_agent.verbs import MODULES

SOURCE = Path(ladybug_agent.__file__).parent.parent
WRITER = "ladybug_agent.adapters.graph_table"
HOLDERS = {WRITER, "ladybug_agent.ports.graphs", "ladybug_agent.wiring_node"}
VERB = "register"


def imports(module: str) -> set[str]:
    """Return the agent's modules that one imports, wherever in the file it does."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(package), names=names):
                found.add(package)
                found |= {f"{package}.{alias.name}" for alias in names if is_module(package, alias)}
    return {name for name in found if name.startswith("ladybug_agent")}


def is_module(package: str, alias: ast.alias) -> bool:
    path = SOURCE / package.replace(".", "/") / alias.name
    return path.is_dir() or path.with_suffix(".py").exists()


def reached_from(module: str) -> set[str]:
    reached: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imports(name) - reached
    return reached


@pytest.mark.thorough
@pytest.mark.parametrize("verb", sorted(set(MODULES) - {VERB}))
def test_no_other_verb_reaches_what_writes_the_graph_registry(verb: str) -> None:
    reached = reached_from(f"ladybug_agent.verbs.{MODULES[verb]}")
    assert reached & HOLDERS == set()


def test_the_verb_of_the_master_reaches_it() -> None:
    assert reached_from(f"ladybug_agent.verbs.{MODULES[VERB]}") >= HOLDERS


def test_the_name_of_the_table_is_read_in_one_place() -> None:
    readers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.glob("ladybug_agent/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "graph_table"
    }
    assert readers == {"ladybug_agent/wiring_node.py"}
