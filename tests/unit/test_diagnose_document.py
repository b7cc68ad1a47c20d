"""The JSON of a diagnosis: all of it while it fits, and what matters when it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.diagnosis import Patient
from ladybug_agent.diagnose.check import Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.document import document_of
from ladybug_agent.diagnose.shrink import compact, json_of, shrunk
from support.diagnoses import MOMENT, worst

LONG = {"seen": "x" * 500}


def parsed(diagnosis: Diagnosis) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json_of(diagnosis))
    return document


def some(*results: Result) -> Diagnosis:
    return Diagnosis(host={}, taken_at=MOMENT, duration_s=1.0, results=results)


def test_a_diagnosis_that_fits_is_whole(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    patient.surroundings.engine.containers.clear()
    document = parsed(patient.diagnose())
    assert (document["schema"], document["truncated"], document["good"]) == (
        "ladybug.diagnose/1",
        False,
        False,
    )
    assert document["root_causes"] == ["container.running"]
    assert document["summary"]["fail"] == 1
    assert document["host"]["instance_id"] == "i-0123456789abcdef0"
    checks = {one["id"]: one for one in document["checks"]}
    running = checks["container.running"]
    assert (running["status"], running["code"], running["group"]) == (
        "fail",
        "container_missing",
        "container",
    )
    assert {"line": "ladybug-agent bootstrap", "risk": "disruptive"} in (
        running["remediation"]["commands"]
    )
    assert checks["container.spec"]["blocked_by"] == "container.running"
    assert checks["volume.device"]["evidence"]["serial"] == "vol0123456789abcdef0"


def test_values_that_are_not_json_are_told_as_text() -> None:
    seen = {"set": frozenset({"b", "a"}), "path": Path("/x"), "rate": float("nan")}
    found = Result(id="a.one", status="pass", message="", evidence=seen)
    (told,) = parsed(some(found))["checks"]
    assert told["evidence"] == {"set": ["a", "b"], "path": "/x", "rate": "NaN"}


@pytest.mark.parametrize(
    ("most", "with_evidence"),
    [
        (4200, ["a.pass", "b.warn", "c.fail", "d.fail"]),
        (2500, ["b.warn", "c.fail", "d.fail"]),
        (1700, ["c.fail"]),
        (800, []),
    ],
)
def test_evidence_goes_in_order(most: int, with_evidence: list[str]) -> None:
    found = some(
        Result(id="a.pass", status="pass", message="", evidence=LONG),
        Result(id="b.warn", status="warn", message="", evidence=LONG, code="snapshot_stale"),
        Result(id="c.fail", status="fail", message="", evidence=LONG),
        Result(id="d.fail", status="fail", message="", evidence=LONG, caused_by="c.fail"),
    )
    document = shrunk(document_of(found), most)
    left = [one["id"] for one in document["checks"] if "evidence" in one]
    assert (left, len(compact(document)) <= most) == (with_evidence, True)
    assert document["truncated"] == (most < 4200)


def test_the_worst_document_fits_and_names_every_cause() -> None:
    document = parsed(worst())
    assert len(json_of(worst())) <= 20_000
    assert document["truncated"] is True
    ids = [one.id for one in worst().results]
    assert [one["id"] for one in document["checks"]] == ids
    assert document["root_causes"] == ids
    assert {one["status"] for one in document["checks"]} == {"fail"}


def test_what_blocks_and_what_causes_survives_a_great_cut() -> None:
    results = worst().results
    later = tuple(replace(one, caused_by=results[0].id) for one in results[1:])
    document = parsed(replace(worst(), results=(results[0], *later)))
    assert {one.get("caused_by") for one in document["checks"][1:]} == {results[0].id}
