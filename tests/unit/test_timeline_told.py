"""What `timeline` prints: a boot, a list, a comparison, a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fakes.timeline import BOOT_ID, BootScene, a_record
from fakes.units import a_unit, moment
from ladybug_agent.errors import ConfigError
from ladybug_agent.timeline.told import Form, told

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def scene(tmp_path: Path) -> BootScene:
    """A machine with three good boots and one that failed, all before this one, which is slower."""
    found = BootScene.make(tmp_path)
    found.copy("cloud_init/status-22.2.json", "status.json")
    found.copy("cloud_init/log-22.2.txt", "cloud-init.log")
    found.units.know(
        a_unit("docker.service", left_inactive=moment(9.5), became_active=moment(11.25))
    )
    found.record(a_record(at_s=22.5, slower_by_s=6.0))
    for number in range(3):
        found.keep(f"aaaa{number}-1", a_record(at_s=20.0, days_ago=1 + number))
    failed = a_record(days_ago=9, failing="find_volume", code="volume_not_mapped")
    found.keep("bbbb-1", failed)
    return found


def text(
    scene: BootScene, wanted: str = "0", *, list_only: bool = False, compared: bool = False
) -> list[str]:
    scene.look.missing.clear()
    return told(scene.look, wanted, Form(list_only=list_only, compared=compared)).splitlines()


def document(
    scene: BootScene, wanted: str = "0", *, list_only: bool = False, compared: bool = False
) -> Any:
    scene.look.missing.clear()
    form = Form(style="json", list_only=list_only, compared=compared)
    return json.loads(told(scene.look, wanted, form))


def picture(scene: BootScene, wanted: str = "0") -> ET.Element:
    scene.look.missing.clear()
    return ET.fromstring(told(scene.look, wanted, Form(style="svg")))  # noqa: S314 - our own


def test_the_first_line_says_how_it_went_and_when(scene: BootScene) -> None:
    assert text(scene)[0] == (
        "boot 3f2a91bc of i-0123456789abcdef0: registered 42.8 s after the kernel started"
    )


def test_the_first_line_of_a_failed_boot_says_where_and_why(scene: BootScene) -> None:
    lines = text(scene, "bbbb")
    assert lines[0].endswith("failed at find_volume: volume_not_mapped")
    assert "  to do: put it right" in lines


def test_the_first_line_of_a_boot_that_was_cut_off_says_at_which_step(scene: BootScene) -> None:
    record = a_record(days_ago=4, failing="start_container") | {"outcome": "running"}
    record["steps"][-1] |= {"status": "running", "duration_s": None}
    scene.keep("cccc-1", record)
    assert text(scene, "cccc")[0].endswith(": interrupted at start_container")


def test_the_chart_is_narrow_and_ascii(scene: BootScene) -> None:
    lines = text(scene, compared=True)
    assert max(map(len, lines)) <= 100
    assert all(line.isascii() for line in lines)


def test_a_bar_begins_where_its_span_does(scene: BootScene) -> None:
    rows = {line.split()[0]: line for line in text(scene) if "#" in line}
    left = len("  kernel               kernel         0.00    1.200  ")
    kernel, docker = (rows[name].index("#") - left for name in ("kernel", "docker"))
    columns = 100 - left
    assert (kernel, docker) == (0, int(9.5 / 43.0 * columns))


def test_a_failed_step_has_another_bar_and_its_code(scene: BootScene) -> None:
    (row,) = (line for line in text(scene, "bbbb") if line.startswith("  find_volume"))
    assert "XX" in row
    assert row.endswith("volume_not_mapped")


def test_what_got_slower_is_named_first_with_by_how_much(scene: BootScene) -> None:
    lines = text(scene, compared=True)
    (line,) = (line for line in lines if line.startswith("slower than usual"))
    assert line.startswith("slower than usual: agent pull_image (+6.000 s), agent to registered")


def test_without_earlier_boots_there_is_nothing_to_compare(tmp_path: Path) -> None:
    scene = BootScene.make(tmp_path)
    scene.record(a_record())
    assert text(scene, compared=True)[-1].startswith("no earlier boot that registered")


def test_a_boot_that_failed_does_not_say_what_is_usual(scene: BootScene) -> None:
    measures = {one["name"]: one for one in document(scene, compared=True)["comparison"]}
    assert (measures["agent identity"]["boots"], measures["agent pull_image"]["usual_s"]) == (3, 9)


def test_the_list_has_the_latest_boot_first_and_how_each_went(scene: BootScene) -> None:
    lines = text(scene, list_only=True)
    assert [line.split()[:2] for line in lines][:2] == [["0", "3f2a91bc"], ["-1", "aaaa0-1"]]
    assert sum("failed at find_volume: volume_not_mapped" in line for line in lines) == 1
    assert max(map(len, lines)) <= 100


def test_the_list_for_programs_has_the_whole_ids(scene: BootScene) -> None:
    boots = document(scene, list_only=True)["boots"]
    assert (boots[0]["boot_id"], boots[0]["number"]) == (BOOT_ID, 0)
    assert {boot["failed_step"] for boot in boots} == {None, "find_volume"}


@pytest.mark.parametrize(("wanted", "found"), [("-1", "aaaa0-1"), ("aaaa2", "aaaa2-1")])
def test_a_boot_is_named_by_number_or_by_its_id(scene: BootScene, wanted: str, found: str) -> None:
    assert document(scene, wanted)["boot_id"] == found


@pytest.mark.parametrize("wanted", ["-9", "cccc", "aaaa", "", "--", "1e3"])
def test_a_boot_that_is_none_or_several_is_refused(scene: BootScene, wanted: str) -> None:
    with pytest.raises(ConfigError, match="wanted the boot") as caught:
        text(scene, wanted)
    assert caught.value.code == "boot_unknown"


def test_the_json_has_every_span_and_the_schema(scene: BootScene) -> None:
    whole = document(scene)
    assert (whole["schema"], whole["outcome"], whole["registered_s"]) == (
        "ladybug.timeline/1",
        "registered",
        42.8,
    )
    assert {span["source"] for span in whole["spans"]} >= {"kernel", "systemd", "cloud-init"}


def test_the_picture_says_in_words_what_it_shows(scene: BootScene) -> None:
    root = picture(scene)
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert words is not None
    assert title.text == text(scene)[0]
    assert "pull_image (agent) from 22.80 s: 15.0 s" in (words.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"


def test_the_picture_has_a_bar_for_every_span_within_its_width(scene: BootScene) -> None:
    bars = [one for one in picture(scene).iter(f"{SVG}rect") if one.get("class") != "ground"]
    assert len(bars) == len(document(scene)["spans"])
    for bar in bars:
        left, width = float(bar.get("x", "")), float(bar.get("width", ""))
        assert 12 <= left < left + width <= 368.01


def test_the_picture_has_no_script_and_loads_nothing(scene: BootScene) -> None:
    names = {one.tag.removeprefix(SVG) for one in picture(scene).iter()}
    assert names == {"svg", "title", "desc", "style", "rect", "text", "tspan", "line"}


def test_the_words_of_strangers_are_no_markup(scene: BootScene) -> None:
    scene.write(
        "stub.log",
        "2026-02-06T12:00:12Z ladybug-agent stub: started\n"
        "2026-02-06T12:00:14Z ladybug-agent stub: fetched </desc><script>&\x01\n",
    )
    words = picture(scene).find(f"{SVG}desc")
    assert words is not None
    assert "</desc><script>&\ufffd" in (words.text or "")


def test_a_rule_of_the_pictures_style_reaches_nothing_outside_it(scene: BootScene) -> None:
    style = picture(scene).find(f"{SVG}style")
    assert style is not None
    rules = [
        rule
        for rule in (style.text or "").replace("@media (prefers-color-scheme:dark){", "").split("}")
        if "{" in rule
    ]
    assert all(rule.strip().startswith(".boot-timeline ") for rule in rules)
    assert len(rules) > 20


def test_a_boot_of_nothing_can_be_drawn(tmp_path: Path) -> None:
    scene = BootScene.make(tmp_path)
    scene.units.present = False
    assert picture(scene).get("viewBox", "").startswith("0 0 380 ")
    assert text(scene)[0] == "boot 3f2a91bc: the agent has not run"
