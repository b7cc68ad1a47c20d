"""The bill of materials: valid CycloneDX, true, and with nothing of the day it was made on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ladybug_agent import __version__
from ladybug_fleet.bundle.build import build_bundle
from ladybug_fleet.bundle.lock import lock_text, read_lock
from support.bundles import Workshop, small_workshop
from support.wheels import make_wheel

OWN = f"pkg:pypi/ladybug-agent@{__version__}"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A clone whose boto3 needs one more library."""
    made = small_workshop(tmp_path_factory.mktemp("workshop"))
    pins = {pin.name: pin for pin in read_lock(made.checkout.lock)}
    version = pins["boto3"].version
    pins["boto3"] = make_wheel(made.wheels, "boto3", version, requires=["botocore>=1"])
    pins["botocore"] = make_wheel(made.wheels, "botocore", "1.5")
    made.checkout.lock.write_text(lock_text(pins.values()))
    return made


@pytest.fixture(scope="module")
def text(workshop: Workshop) -> str:
    bundle = build_bundle(workshop.checkout, workshop.wheels, None)
    return next(one.data for one in bundle.members if one.path == "sbom.cdx.json").decode()


@pytest.fixture(scope="module")
def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_it_is_valid_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_wheel_is_in_it_with_its_hash(workshop: Workshop, document: dict[str, Any]) -> None:
    assert {
        (one["name"], one["version"], one["hashes"][0]["content"]) for one in document["components"]
    } == {(pin.name, pin.version, pin.sha256) for pin in read_lock(workshop.checkout.lock)}


def test_it_is_of_the_agent(document: dict[str, Any]) -> None:
    own = document["metadata"]["component"]
    assert (own["purl"], own["licenses"]) == (OWN, [{"expression": "Apache-2.0"}])


def test_the_graph_leads_from_the_agent_to_every_library(document: dict[str, Any]) -> None:
    needs = {one["ref"]: one["dependsOn"] for one in document["dependencies"]}
    reached, ahead = set(), [OWN]
    while ahead:
        here = ahead.pop()
        reached.add(here)
        ahead += [one for one in needs[here] if one not in reached]
    assert reached == {OWN, *(one["bom-ref"] for one in document["components"])}
    assert "pkg:pypi/botocore@1.5" not in needs[OWN]


def test_it_has_nothing_that_differs_between_two_builds(document: dict[str, Any]) -> None:
    assert (set(document) & {"serialNumber"}, set(document["metadata"])) == (set(), {"component"})
