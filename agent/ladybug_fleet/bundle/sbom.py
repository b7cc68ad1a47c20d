"""The software bill of materials: CycloneDX 1.6 (cyclonedx.org/docs/1.6/json)."""

from __future__ import annotations

from collections.abc import Sequence

from ladybug_fleet.bundle.closure import Graph
from ladybug_fleet.bundle.wheel import Wheel


def bill_of_materials(own: Wheel, wheels: Sequence[Wheel], needs: Graph) -> dict[str, object]:
    """Return the document: every wheel with its hash, and who needs whom.

    It has neither date nor serial number, which would differ between two builds of the same.
    """
    names = {wheel.name: _reference(wheel) for wheel in (own, *wheels)}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(own, "application")},
        "components": [_component(wheel, "library") for wheel in wheels],
        "dependencies": [
            {"ref": names[who], "dependsOn": [names[one] for one in needs[who]]}
            for who in sorted(names)
        ],
    }


def _component(wheel: Wheel, kind: str) -> dict[str, object]:
    return {
        "type": kind,
        "bom-ref": _reference(wheel),
        "name": wheel.name,
        "version": wheel.version,
        "purl": _reference(wheel),
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        "licenses": _licences(wheel),
        "properties": [{"name": "ladybug:filename", "value": wheel.filename}],
    }


def _licences(wheel: Wheel) -> list[dict[str, object]]:
    if wheel.is_spdx:
        return [{"expression": wheel.licence}]
    return [{"license": {"name": wheel.licence}}] if wheel.licence else []


def _reference(wheel: Wheel) -> str:
    """Return the package URL, which also names the component within the document."""
    return f"pkg:pypi/{wheel.name}@{wheel.version}"
