"""A hot map as a picture: well-formed, readable aloud, and nothing outside its plot."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.loading import a_hot_map, runs
from ladybug_agent.hydrate.picture import HEAT, LEFT, PLOT, ROW, map_picture
from ladybug_agent.model.hydration import PageRun
from ladybug_agent.resources.hydration.hot_map import Generation, HotMap
from support.arbitrary import inputs

SVG = "{http://www.w3.org/2000/svg}"
HOT = replace(
    a_hot_map((PageRun(0, 4, 9), PageRun(600, 100)), (PageRun(5000, 5000, 3),)), recordings=9
)


def drawn(hot: HotMap, title: str = "sec") -> ET.Element:
    return ET.fromstring(map_picture(hot, title))  # noqa: S314 - our own


def heat_in(picture: ET.Element) -> list[tuple[float, float, float, str]]:
    """Return left, width, top and colour of what is drawn of the map."""
    return [
        (
            float(rect.attrib["x"]),
            float(rect.attrib["width"]),
            float(rect.attrib["y"]),
            rect.attrib["fill"],
        )
        for rect in picture.iter(f"{SVG}rect")
        if "fill" in rect.attrib and rect.attrib["height"] == str(ROW)
    ]


def text_in(picture: ET.Element) -> str:
    return "\n".join(element.text or "" for element in picture.iter(f"{SVG}text"))


def test_it_can_be_read_aloud() -> None:
    picture = drawn(HOT)
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-labelledby"] == "title desc"
    named = {element.attrib.get("id"): element.text for element in picture}
    assert named["title"] == "Hot map of sec"
    assert named["desc"] == "9 recordings; 5104 of 10000 pages (51 %), 19.94 MiB of 39.06 MiB"


def test_each_tier_has_a_plot_of_its_own() -> None:
    picture = drawn(HOT)
    tops = {top for _, _, top, _ in heat_in(picture)}
    assert len(tops) == 2
    assert "opening" in text_in(picture)
    assert "queries" in text_in(picture)


def test_a_run_is_drawn_where_it_is() -> None:
    left, width, _, _ = heat_in(drawn(a_hot_map((PageRun(5000, 2500),))))[0]
    assert left == pytest.approx(LEFT + PLOT / 2, abs=PLOT / 800)
    assert width == pytest.approx(PLOT / 4, abs=2 * PLOT / 800)


def test_one_page_of_a_large_file_is_still_seen() -> None:
    found = heat_in(drawn(a_hot_map(runs(7), file_pages=10**9)))
    assert [width > 1 for _, width, _, _ in found] == [True]


def test_what_was_seen_most_is_hottest() -> None:
    hot = a_hot_map((PageRun(0, 1000, 1), PageRun(2000, 1000, 30), PageRun(4000, 1000, 900)))
    colours = [HEAT.index(colour) for _, _, _, colour in heat_in(drawn(hot))]
    assert colours[0] == 0
    assert colours == sorted(colours)
    assert colours[-1] == len(HEAT) - 1


def test_a_map_of_nothing_is_a_picture() -> None:
    picture = drawn(a_hot_map(file_pages=0))
    assert heat_in(picture) == []
    assert "0 of 0 pages (0 %)" in text_in(picture)


def test_the_axis_reaches_to_the_end_of_the_file() -> None:
    assert "512 GiB\n" in text_in(drawn(a_hot_map(runs(1), file_pages=2**27)))
    assert "2 TiB\n" in text_in(drawn(a_hot_map(runs(1), file_pages=2**29)))


@pytest.mark.parametrize("pages", [255_000, 2**40])
def test_sizes_are_written_out(pages: int) -> None:
    assert "e+" not in text_in(drawn(a_hot_map((PageRun(0, pages),), file_pages=pages)))


@pytest.mark.parametrize("text", ['<script>alert("&")</script>', "\0\x1b[2J", "\ud800", "sec ä"])
def test_names_of_strangers_are_text_and_nothing_else(text: str) -> None:
    hot = replace(HOT, generation=Generation(snapshot_id=text, written_at=0))
    picture = ET.fromstring(map_picture(hot, text).encode())  # noqa: S314
    assert "script" not in {element.tag.removeprefix(SVG) for element in picture.iter()}


RUNS = st.lists(
    st.tuples(st.integers(0, 2**40), st.integers(1, 2**39), st.integers(1, 0xFFFF)), max_size=6
).map(lambda found: tuple(PageRun(*one) for one in sorted(found)))


@pytest.mark.thorough
@inputs(200)
@given(RUNS, RUNS, st.integers(0, 2**40), st.text(max_size=20))
def test_whatever_is_in_a_map_no_rectangle_is_outside_its_plot(
    opening: tuple[PageRun, ...], queries: tuple[PageRun, ...], file_pages: int, name: str
) -> None:
    for left, width, _, colour in heat_in(
        drawn(a_hot_map(opening, queries, file_pages=file_pages), name)
    ):
        assert left >= LEFT - 0.01
        assert left + width <= LEFT + PLOT + 0.01
        assert colour in HEAT


def test_everything_is_within_the_picture() -> None:
    picture = drawn(HOT)
    _, _, width, height = (float(number) for number in picture.attrib["viewBox"].split())
    for element in picture.iter():
        if "x" in element.attrib:
            assert 0 <= float(element.attrib["x"]) <= width
            assert 0 <= float(element.attrib["y"]) <= height
