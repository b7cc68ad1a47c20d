"""What is installed: one version, pure Python at run time, and a light `--version`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ladybug_agent

ROOT = Path(ladybug_agent.__file__).parent.parent.parent
# Has optional compiled wheels, and a pure one for every machine that lacks them.
ALSO_PURE = {"charset-normalizer"}
HEAVY = ("structlog", "boto3", "botocore", "docker", "requests", "tenacity", "dacite", "pyudev")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def closure(texts: list[str], seen: set[str]) -> Iterator[Distribution]:
    """Yield what those requirements need, and what that needs, without extras."""
    for text in texts:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        found = distribution(name)
        yield found
        yield from closure(found.requires or [], seen)


def test_the_version_has_one_source(project: dict[str, Any]) -> None:
    source = ROOT / project["tool"]["hatch"]["version"]["path"]
    assert ("version" in project["project"], project["project"]["dynamic"]) == (False, ["version"])
    assert f'__version__ = "{ladybug_agent.__version__}"\n' in source.read_text(encoding="utf-8")


def test_an_installed_agent_has_the_version_of_its_source() -> None:
    try:
        installed = distribution("ladybug-agent")
    except PackageNotFoundError:
        pytest.skip("ladybug-agent is not installed here; it runs from its source")
    assert installed.version == ladybug_agent.__version__


def test_what_is_needed_at_run_time_is_pure_python(project: dict[str, Any]) -> None:
    found = {
        canonicalize_name(one.name): one.read_text("WHEEL") or ""
        for one in closure(project["project"]["dependencies"], set())
    }
    compiled = [name for name, wheel in found.items() if "Root-Is-Purelib: true" not in wheel]
    assert len(found) > len(project["project"]["dependencies"])
    assert [name for name in compiled if name not in ALSO_PURE] == []


def test_every_library_at_run_time_is_declared_with_a_least_version(
    project: dict[str, Any],
) -> None:
    needs = [Requirement(text) for text in project["project"]["dependencies"]]
    assert [str(need) for need in needs if ">=" not in str(need.specifier)] == []


def test_the_version_is_told_without_any_library() -> None:
    program = (
        "import json, sys\n"
        "from ladybug_agent.cli import main\n"
        "try:\n"
        "    main(['--version'])\n"
        "except SystemExit:\n"
        "    print(json.dumps(sorted(sys.modules)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "agent")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, timeout=30, env=environment,
    )  # fmt: skip
    version, modules = done.stdout.splitlines()
    assert version == f"ladybug-agent {ladybug_agent.__version__}"
    assert [name for name in HEAVY if name in json.loads(modules)] == []


def test_the_package_says_that_it_is_typed() -> None:
    packages = ("ladybug_agent", "ladybug_fleet", "ladybug_lab")
    assert [name for name in packages if not (ROOT / "agent" / name / "py.typed").is_file()] == []
