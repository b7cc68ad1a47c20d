"""The output of any diagnosis whatever keeps its limits."""

from __future__ import annotations

import json

from hypothesis import given

from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.shrink import json_of
from ladybug_agent.diagnose.text import text_of
from support.arbitrary import inputs
from support.diagnoses import DIAGNOSES


@inputs(200)
@given(DIAGNOSES)
def test_any_text_is_short_and_ascii(diagnosis: Diagnosis) -> None:
    text = text_of(diagnosis)
    first = text.partition("\n")[0]
    assert (text.isascii(), len(text) <= 20_000, len(first) <= 200) == (True, True, True)
    assert all(line.isprintable() for line in text.splitlines())
    for root in diagnosis.root_causes:
        assert root.id in text
    if diagnosis.root_causes:
        assert f" FAIL {diagnosis.root_causes[0].id} " in first


@inputs(200)
@given(DIAGNOSES)
def test_any_document_is_short_and_keeps_every_id(diagnosis: Diagnosis) -> None:
    text = json_of(diagnosis)
    document = json.loads(text)
    assert (text.isascii(), len(text) <= 20_000) == (True, True)
    assert [one["id"] for one in document["checks"]] == [one.id for one in diagnosis.results]
    assert document["root_causes"] == [root.id for root in diagnosis.root_causes]
