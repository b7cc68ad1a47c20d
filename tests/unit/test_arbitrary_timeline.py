"""Whatever the sources of a timeline hold: a timeline, drawn and printed, never an exception."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.timeline import DATA, BootScene, a_record
from ladybug_agent.adapters.unit_words import (
    MANAGER_PROPERTIES,
    UNIT_PROPERTIES,
    manager_facts,
    properties,
    unit_facts,
)
from ladybug_agent.timeline.cloud_init import cloud_init_status, log_anchors, stage_spans
from ladybug_agent.timeline.model import Timeline
from ladybug_agent.timeline.picture import draw
from ladybug_agent.timeline.stub import stub_spans
from ladybug_agent.timeline.text import timeline_lines
from ladybug_agent.timeline.told import Form, told
from ladybug_agent.timeline.wall_clock import Anchor, WallClock
from support.arbitrary import GARBAGE, TEXT, inputs, partly, spelled

pytestmark = pytest.mark.thorough

WALL = WallClock([Anchor(10.0, 1770379210.0)])
STAGE: dict[str, object] = {
    "start": 1770379204.5,
    "finished": 1770379205.5,
    "errors": ["('scripts_user', 'x')"],
    "recoverable_errors": {"WARNING": ["x"]},
}
RECORD: dict[str, object] = a_record(failing="mount", code="mount_failed")
STEP: dict[str, object] = RECORD["steps"][0]  # type: ignore[index]
LOG = (DATA / "cloud_init/log-22.2.txt").read_text(encoding="utf-8").splitlines()
MONOTONIC = st.sampled_from(["0", "1200000", "9" * 18, "9" * 30, "-1", "n/a", "[not set]", ""])
WALLS = st.sampled_from(
    ["Fri 2026-02-06 12:00:05.25 UTC", "Fri 2026-02-06 12:00:05 UTC", "n/a", "9999-99-99 1", ""]
)


def is_sound(timeline: Timeline) -> bool:
    ends = [span.started_s if span.ended_s is None else span.ended_s for span in timeline.spans]
    starts = [span.started_s for span in timeline.spans]
    return all(map(math.isfinite, starts + ends)) and all(
        start <= end for start, end in zip(starts, ends, strict=True)
    )


@inputs(400)
@given(stages=st.lists(partly(STAGE), max_size=4), shape=st.sampled_from([0, 1, 2]))
def test_any_status_of_cloud_init_has_stages_or_is_none(
    stages: list[dict[str, object]], shape: int
) -> None:
    names = ["init-local", "init", "modules-config", "modules-final"]
    told_stages: dict[str, object] = dict(zip(names, stages, strict=False))
    document = [{"v1": told_stages}, {"v1": stages}, told_stages][shape]
    try:
        status = cloud_init_status(document)
    except ValueError:
        return
    assert all(math.isfinite(span.started_s) for span in stage_spans(status, WALL))


@inputs(300)
@given(lines=st.lists(st.one_of(st.sampled_from(LOG), TEXT), max_size=8), cut=st.integers(0, 80))
def test_any_log_of_cloud_init_has_anchors_or_none(lines: list[str], cut: int) -> None:
    anchors = log_anchors([line[cut:] for line in lines] + lines)
    assert all(math.isfinite(anchor.wall_s) for anchor in anchors)


@inputs(300)
@given(
    lines=st.lists(
        TEXT.map(lambda text: f"2026-02-06T12:00:12Z ladybug-agent stub: {text}"), max_size=6
    )
)
def test_any_log_of_the_stub_has_pieces_or_none(lines: list[str]) -> None:
    assert all((span.ended_s or 0) >= span.started_s for span in stub_spans(lines, WALL))


@inputs(400)
@given(document=partly(RECORD), spelling=st.binary(min_size=6, max_size=6), kept=st.booleans())
def test_any_record_is_drawn_and_printed(
    document: dict[str, object], spelling: bytes, *, kept: bool
) -> None:
    document = document | {"steps": [spelled(spelling, STEP), *GARBAGE[spelling[0] % 20 :][:3]]}
    with tempfile.TemporaryDirectory() as directory:
        scene = BootScene.make(Path(directory))
        text = json.dumps(document)
        scene.write("boots/x-1.json" if kept else "state/bootstrap.json", text)
        if kept:
            scene.keep("x-1", document, cloud_init=document, stub=[text], cloud_init_log=LOG)
        timeline = scene.timeline()
        assert is_sound(timeline)
        assert ET.fromstring(draw(timeline)).tag.endswith("svg")  # noqa: S314 - our own
        assert all(len(line) <= 100 and line.isascii() for line in timeline_lines(timeline))
        assert json.loads(told(scene.look, "0", Form(style="json", compared=True)))
        assert told(scene.look, "0", Form(list_only=True))


@inputs(300)
@given(names=st.lists(MONOTONIC, min_size=8, max_size=8), walls=st.lists(WALLS, min_size=8))
def test_whatever_systemctl_prints_is_a_unit(names: list[str], walls: list[str]) -> None:
    values = [*names, *walls]
    lines = [
        f"{name}={values[at % len(values)]}"
        for at, name in enumerate((*UNIT_PROPERTIES, *MANAGER_PROPERTIES))
    ]
    told_properties = properties("\n".join(lines))
    unit, manager = unit_facts(told_properties), manager_facts(told_properties)
    moments = [unit.left_inactive, unit.became_active, manager.userspace, manager.finish]
    assert all(one is None or math.isfinite(one.mono_s) for one in moments)
