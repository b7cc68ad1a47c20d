"""The component for EC2 Image Builder: its form, its shell, and what it leaves on the image."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.bundles import ROOT

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "packaging/ami/component.yaml").read_text())
PARAMETER = re.compile(r"\{\{ (\w+) \}\}")
SHELLCHECK = Path(sys.executable).with_name("shellcheck")  # the virtual environment's
# The keys of a step, and the actions of ours (AWSTOE component documents).
STEP_KEYS = {"name", "action", "onFailure", "timeoutSeconds", "maxAttempts", "inputs"}


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for phase in DOCUMENT["phases"]:
        for step in phase["steps"]:
            yield phase["name"], step


STEPS = [step for _, step in steps()]
NAMES = [step["name"] for step in STEPS]


def script(name: str) -> str:
    step = next(step for step in STEPS if step["name"] == name)
    return "".join(step["inputs"]["commands"])


def parameters() -> set[str]:
    return {name for one in DOCUMENT["parameters"] for name in one}


def test_it_is_a_component_document() -> None:
    assert DOCUMENT["schemaVersion"] == 1.0
    assert [phase["name"] for phase in DOCUMENT["phases"]] == ["build", "validate", "test"]
    assert [step["name"] for step in STEPS if set(step) - STEP_KEYS] == []
    assert {step["action"] for step in STEPS} == {"ExecuteBash"}


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_a_step_that_fails_ends_the_image() -> None:
    assert [step["name"] for step in STEPS if step["onFailure"] != "Abort"] == []


def test_every_step_has_a_limit() -> None:
    assert [step["name"] for step in STEPS if not 0 < step["timeoutSeconds"] <= 1800] == []


def test_every_parameter_is_described_and_used() -> None:
    for one in DOCUMENT["parameters"]:
        for details in one.values():
            assert (details["type"], bool(details["description"])) == ("string", True)
    used = set(PARAMETER.findall("".join(script(name) for name in NAMES)))
    assert used == parameters()


@pytest.mark.parametrize("name", NAMES)
def test_the_shell_of_a_step_is_clean(name: str) -> None:
    text = PARAMETER.sub("value", script(name))
    done = subprocess.run(
        [SHELLCHECK, "--shell=bash", "--enable=check-extra-masked-returns", "-"],
        input=text, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_step_stops_at_the_first_command_that_fails(name: str) -> None:
    assert script(name).startswith("set -euo pipefail\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_stands_within_quotes(name: str) -> None:
    # It is put in as text: outside of quotes its blanks would be words.
    bare = [
        line
        for line in script(name).splitlines()
        if PARAMETER.search(re.sub(r"(['\"]).*?\1", "", line))
    ]
    assert bare == []


def test_the_bundle_is_verified_before_it_is_unpacked() -> None:
    text = script("InstallBundle")
    assert text.index("sha256sum --check") < text.index("tar --extract") < text.index("/install")


def test_nothing_is_started_on_the_instance_that_builds() -> None:
    assert '/install" --no-start' in script("InstallBundle")


def pull(image: str) -> subprocess.CompletedProcess[str]:
    """Run the step that pulls, with programs that only say what they were asked for."""
    stubs = 'systemctl() { :; }; aws() { echo token; }; timeout() { shift; "$@"; }\n'
    stubs += 'docker() { echo "docker $*"; [ "$1" != login ] || cat; }\n'
    return subprocess.run(
        ["bash", "-c", stubs + script("PullImage").replace("{{ Image }}", image)],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def test_the_registry_and_its_region_follow_from_the_image() -> None:
    registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    image = f"{registry}/graph-api@sha256:{'0' * 64}"
    done = pull(image)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f"docker login --username AWS --password-stdin {registry}",
            "token",
            f"docker pull --quiet {image}",
        ],
    )


@pytest.mark.parametrize(
    "image", ["graph-api:latest", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/graph-api:1.2"]
)
def test_an_image_by_tag_is_refused(image: str) -> None:
    done = pull(image)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"wanted an image in ECR by digest, found {image}\n"
