"""The layers of the code and the one home of each outside library, read from the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import ladybug_agent

SOURCE = Path(ladybug_agent.__file__).parent.parent
FILES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
AGENT = {name for name in FILES if name.startswith("ladybug_agent/")}
FLEET = {name for name in FILES if name.startswith("ladybug_fleet/")}
RESOURCES = {name for name in AGENT if name.startswith("ladybug_agent/resources/")}
ADAPTERS = {name for name in AGENT if name.startswith("ladybug_agent/adapters/")}
CORE_PACKAGES = ("command_line", "config", "model", "ports", "redaction")
CORE = {
    f"ladybug_agent/{name}.py"
    for name in (
        "__init__",
        "branches",
        "clock",
        "errors",
        "exit_status",
        "files",
        "journal",
        "locks",
        "logs",
        "reader",
        "record",
        "served",
        "state",
        "waiting",
    )
} | {name for name in AGENT if name.split("/")[1] in CORE_PACKAGES}
DOOR = {f"ladybug_agent/{name}.py" for name in ("__main__", "cli")} | {
    name for name in AGENT if name.startswith("ladybug_agent/verbs/")
}
WIRING = {
    f"ladybug_agent/{name}.py"
    for name in (
        "wiring",
        "wiring_bundle",
        "wiring_aws_looks",
        "wiring_diagnosis",
        "wiring_leaving",
        "wiring_node",
        "wiring_tick",
        "wiring_timeline",
    )
}
DOOR |= WIRING
VERBS = AGENT - RESOURCES - ADAPTERS - CORE - DOOR
OWN = {"ladybug_agent", "ladybug_fleet", "ladybug_lab"}

BOTO = (
    "adapters/aws.py",
    "adapters/aws_errors.py",
    "adapters/dynamodb.py",
    "adapters/load_balancer.py",
    "adapters/signals.py",
)
DOCKER = "adapters/docker_*.py"
HTTP = ("adapters/http.py", "adapters/imds.py", DOCKER)
HOMES: dict[str, tuple[str, ...]] = {
    "boto3": BOTO,
    "botocore": BOTO,
    "dacite": ("config/file.py",),
    "docker": (DOCKER,),
    "pyudev": ("adapters/udev.py",),
    "requests": HTTP,
    "structlog": ("*",),
    "subprocess": ("adapters/commands.py",),
    "tenacity": ("waiting.py",),
    "time": ("clock.py",),
    "urllib3": HTTP,
}
# What a resource may be made of beside other resources.
BELOW_RESOURCES = ("model", "ports", "config", "clock", "waiting", "errors")


@cache
def imported(name: str) -> tuple[str, ...]:
    """Return the modules that a file imports, wherever in the file it does."""
    return tuple(imports_of(TREES[name]))


def imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module="ladybug_agent", names=names):
                yield from (
                    "ladybug_agent"
                    if alias.name == "__version__"
                    else f"ladybug_agent.{alias.name}"
                    for alias in names
                )
            case ast.ImportFrom(module=str(module)):
                yield module


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def offenders(names: set[str], is_bad: Callable[[str], bool]) -> list[str]:
    """Return `file imports module` for the bad imports of those files."""
    return sorted(
        f"{name} imports {module}" for name in names for module in imported(name) if is_bad(module)
    )


def is_at_home(name: str, homes: tuple[str, ...]) -> bool:
    return any(fnmatch(name, f"ladybug_agent/{home}") for home in homes)


@pytest.mark.parametrize("library", sorted(HOMES))
def test_an_outside_library_is_used_in_its_home_only(library: str) -> None:
    strangers = {name for name in AGENT if not is_at_home(name, HOMES[library])}
    assert offenders(strangers, lambda module: is_within(module, library)) == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_home_is_lived_in(library: str) -> None:
    found = {name for name in AGENT for module in imported(name) if is_within(module, library)}
    assert found


def test_every_outside_library_has_a_home() -> None:
    known = OWN | set(HOMES) | set(sys.stdlib_module_names)
    assert offenders(AGENT, lambda module: module.partition(".")[0] not in known) == []


def test_resources_are_made_of_ports_and_plain_facts() -> None:
    allowed = [f"ladybug_agent.{name}" for name in (*BELOW_RESOURCES, "resources")]

    def is_bad(module: str) -> bool:
        if not is_within(module, "ladybug_agent"):
            return module.partition(".")[0] not in {"structlog", *sys.stdlib_module_names}
        return module != "ladybug_agent" and not any(is_within(module, name) for name in allowed)

    assert offenders(RESOURCES, is_bad) == []


def test_the_core_knows_nothing_of_what_stands_on_it() -> None:
    upper = {
        name.removesuffix(".py").replace("/", ".")
        for name in AGENT - CORE
        if not name.endswith("__init__.py")
    }
    assert offenders(CORE, lambda module: module in upper) == []


def test_only_the_wiring_knows_the_adapters() -> None:
    others = AGENT - ADAPTERS - WIRING
    assert offenders(others, lambda module: is_within(module, "ladybug_agent.adapters")) == []


def test_only_the_verbs_at_the_door_know_the_wiring() -> None:
    others = AGENT - DOOR
    wiring = {name.removesuffix(".py").replace("/", ".") for name in WIRING}
    assert offenders(others, lambda module: module in wiring) == []


def test_adapters_know_neither_resources_nor_verbs() -> None:
    above = {name.removesuffix(".py").replace("/", ".") for name in VERBS | DOOR}

    def is_bad(module: str) -> bool:
        return module in above or is_within(module, "ladybug_agent.resources")

    assert offenders(ADAPTERS, is_bad) == []


def test_the_agent_never_knows_the_fleet_tools() -> None:
    assert offenders(AGENT, lambda module: is_within(module, "ladybug_fleet")) == []


def test_only_the_verb_rehearse_knows_the_lab() -> None:
    others = AGENT - {"ladybug_agent/verbs/rehearse.py"}
    assert offenders(others, lambda module: is_within(module, "ladybug_lab")) == []


def test_the_fleet_tools_never_know_the_lab() -> None:
    assert offenders(FLEET, lambda module: is_within(module, "ladybug_lab")) == []


def handlers(name: str) -> Iterator[ast.ExceptHandler]:
    yield from (node for node in ast.walk(TREES[name]) if isinstance(node, ast.ExceptHandler))


def catches(handler: ast.ExceptHandler, *names: str) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in names for kind in kinds)


def test_any_exception_is_caught_at_the_door_only() -> None:
    found = [
        f"{name}:{handler.lineno}"
        for name in AGENT - {"ladybug_agent/cli.py"}
        for handler in handlers(name)
        if catches(handler, "Exception")
    ]
    assert found == []


def goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught goes on: raised again at the end, or kept for who raises it."""
    match handler:
        case ast.ExceptHandler(body=[*_, ast.Raise(exc=None)]):
            return True
        case ast.ExceptHandler(
            name=str(caught),
            body=[
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Attribute(attr="_failures"), attr="append"),
                        args=[ast.Name(id=kept)],
                    )
                ),
                *_,
            ],
        ):
            return caught == kept
    return False


def test_what_is_caught_whatever_it_is_goes_on() -> None:
    found = [
        f"{name}:{handler.lineno}"
        for name in AGENT - {"ladybug_agent/cli.py"}
        for handler in handlers(name)
        if catches(handler, "BaseException") and not goes_on(handler)
    ]
    assert found == []


def test_only_the_branches_keep_an_exception_for_later() -> None:
    keepers = {
        name
        for name in AGENT
        for handler in handlers(name)
        if catches(handler, "BaseException") and not isinstance(handler.body[-1], ast.Raise)
    }
    assert keepers == {"ladybug_agent/branches.py"}


def calls(name: str) -> Iterator[tuple[str, int]]:
    """Yield the last name of each function that a file calls, with its line."""
    for node in ast.walk(TREES[name]):
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                yield called, node.lineno


def test_nothing_sleeps() -> None:
    found = [f"{n}:{line}" for n in AGENT for called, line in calls(n) if called == "sleep"]
    assert found == []


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{name}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 40
    ]
    assert long == []


def test_no_file_is_longer_than_200_lines() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in FILES.items()}
    assert [f"{name} has {length}" for name, length in lengths.items() if length > 200] == []
