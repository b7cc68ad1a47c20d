"""The true bundle: small enough, and installed without a network into a Python that has nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest

from ladybug_agent import __version__
from ladybug_agent.errors import AgentError
from ladybug_fleet.bundle.build import build_bundle
from ladybug_fleet.bundle.check import CheckedBundle
from support.bundles import copy_clone
from support.wheelhouse import wheelhouse

pytestmark = pytest.mark.thorough
TOP = f"ladybug-agent-{__version__}"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> CheckedBundle:
    checkout = copy_clone(tmp_path_factory.mktemp("clone"))
    try:
        return build_bundle(checkout, wheelhouse(), None)
    except AgentError as error:
        if error.code != "wheel_missing":
            raise
        pytest.skip(f"missing: {error}; ./dev setup")


def unpack(bundle: CheckedBundle, directory: Path) -> Path:
    with tarfile.open(fileobj=BytesIO(bundle.data)) as archive:
        archive.extractall(directory, filter="data")
    return directory / TOP


@pytest.fixture(scope="module")
def venv(bundle: CheckedBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that the bundle was installed into."""
    directory = tmp_path_factory.mktemp("installed")
    done = install(unpack(bundle, directory), directory / "venv")
    assert (done.returncode, done.stderr) == (0, "")
    return directory / "venv"


def run(
    *argv: str | Path, check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in argv],
        capture_output=True, text=True, check=check, timeout=120,
        env={"PATH": os.environ["PATH"], **(environment or {})},
    )  # fmt: skip


def install(
    unpacked: Path, venv: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Install as an instance does, with an index in the environment that nobody may ask."""
    run(python, "-m", "venv", venv)
    return run(
        *(venv / "bin/python", "-m", "pip", "install", "--quiet", "--no-cache-dir"),
        *("--no-index", "--find-links", unpacked / "wheels", "--require-hashes"),
        *("--only-binary=:all:", "--requirement", unpacked / "requirements.txt"),
        check=False,
        environment={"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": NOWHERE},
    )


def test_a_bundle_has_at_most_25_mib(bundle: CheckedBundle) -> None:
    assert 15e6 < len(bundle.data) <= 25 * 2**20


def test_the_lock_is_of_libraries_that_have_pure_wheels_alone(bundle: CheckedBundle) -> None:
    wheels = [one.path for one in bundle.members if one.path.startswith("wheels/")]
    assert [path for path in wheels if not path.endswith("-none-any.whl")] == []
    assert len(wheels) > 10


def test_it_installs_offline_and_says_its_version(venv: Path) -> None:
    for program in ("ladybug-agent", "ladybug-fleet"):
        said = run(venv / "bin" / program, "--version")
        assert said.stdout == f"{program} {__version__}\n"
    checked = run(venv / "bin/python", "-m", "pip", "check")
    assert checked.stdout == "No broken requirements found.\n"


def test_what_is_installed_loads_every_library(venv: Path) -> None:
    program = "import ladybug_agent.wiring, ladybug_agent.adapters.udev, docker, boto3, dacite"
    assert run(venv / "bin/python", "-c", program).stderr == ""


def test_what_is_installed_says_that_it_cannot_rehearse(venv: Path) -> None:
    said = run(venv / "bin/ladybug-agent", "rehearse", check=False)
    assert (said.returncode, "lab_not_installed" in said.stderr) == (2, True)


def test_what_is_installed_says_that_it_cannot_build(venv: Path) -> None:
    said = run(venv / "bin/ladybug-fleet", "build", check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("ladybug-fleet: bundle_source_missing: wanted a git clone with")


def runs_here(python: str) -> bool:
    """Whether there is such a Python; a launcher that only knows its name does not count."""
    try:
        return run(python, "-c", "import venv, ensurepip", check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("python", ["python3.12", "python3.13", "python3.14"])
def test_it_installs_into_every_later_python(
    python: str, bundle: CheckedBundle, tmp_path: Path
) -> None:
    if not runs_here(python):
        pytest.skip(f"no {python} here")
    done = install(unpack(bundle, tmp_path), tmp_path / "venv", python)
    assert (done.returncode, done.stderr) == (0, "")
    program = "import ladybug_agent.wiring, ladybug_agent.adapters.udev, docker, boto3, dacite"
    assert run(tmp_path / "venv/bin/python", "-c", program).stderr == ""


def test_one_altered_byte_of_a_library_stops_the_installation(
    bundle: CheckedBundle, tmp_path: Path
) -> None:
    unpacked = unpack(bundle, tmp_path)
    path = next((unpacked / "wheels").glob("boto3-*"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = install(unpacked, tmp_path / "venv")
    assert (done.returncode, "DO NOT MATCH THE HASHES" in done.stderr) == (1, True)
