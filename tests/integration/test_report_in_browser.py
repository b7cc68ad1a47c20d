"""The report and the timeline in a real browser: any width, light and dark, printed, read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent.diagnose.report.page import page as page_of
from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.timeline.picture import draw
from support.chromium import Browser, Page, is_installed, running_browser
from support.contrast import ratio
from support.hostile import HOSTILE, hostile_boot, hostile_diagnosis
from support.sample_diagnoses import ROOT, boot, broken, healthy

pytestmark = pytest.mark.integration

WIDTHS = (320, 390, 1280)
LONG = replace(broken(), results=(replace(ROOT, id=f"{'x' * 60}.{'y' * 60}", message="m" * 500),))
REPORTS = {
    "good": page_of(healthy(), redactor=Redactor(())),
    "bad": page_of(broken(), boot(), Redactor(())),
    "of long words": page_of(LONG, boot(), Redactor(())),
    "hostile": page_of(hostile_diagnosis(HOSTILE[1]), hostile_boot(HOSTILE[1]), Redactor(())),
}
# What sticks out of the page, or out of a box that hides what does, but for what scrolls itself.
OVERFLOWING = """
[...document.querySelectorAll('body *')].filter(one => {
  if (one.closest('.wide, .jump, svg') || !one.getClientRects().length) return false;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const clipped = style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth;
  return clipped || box.right > document.documentElement.clientWidth + 0.5 || box.left < -0.5;
}).map(one => one.outerHTML.slice(0, 120))
"""
# Every text with its colour, and the nearest ground that is not transparent.
COLOURS = """
(() => {
  const hex = text => '#' + text.match(/[0-9]+/g).slice(0, 3)
    .map(one => Number(one).toString(16).padStart(2, '0')).join('');
  const ground = one => {
    for (; one; one = one.parentElement) {
      const told = getComputedStyle(one).backgroundColor;
      if (!told.endsWith(', 0)')) return hex(told);
    }
    return '#ffffff';
  };
  const found = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || one.closest('svg, style')) continue;
    const pair = [hex(getComputedStyle(one).color), ground(one)];
    found.set(pair.join(), [...pair, one.outerHTML.slice(0, 80)]);
  }
  return [...found.values()];
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not is_installed():
        pytest.skip("missing: chromium: apt-get install chromium")
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(browser: Browser) -> dict[str, Page]:
    return {name: browser.open(content) for name, content in REPORTS.items()}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", REPORTS)
def test_nothing_sticks_out(pages: dict[str, Page], name: str, width: int, dark: bool) -> None:  # noqa: FBT001
    page = pages[name]
    page.look(width=width, dark=dark)
    page.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    sizes = page.ask("['scrollWidth', 'clientWidth'].map(one => document.documentElement[one])")
    assert sizes[0] <= sizes[1] == width
    assert page.ask(OVERFLOWING) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["good", "bad"])
def test_every_text_stands_out_from_its_ground(
    pages: dict[str, Page], name: str, dark: bool  # noqa: FBT001
) -> None:  # fmt: skip
    pages[name].look(dark=dark)
    found: list[list[str]] = pages[name].ask(COLOURS)
    assert len(found) >= 5
    assert [one for one in found if ratio(one[0], one[1]) < 4.5] == []


def test_light_and_dark_differ(pages: dict[str, Page]) -> None:
    grounds = []
    for dark in (False, True):
        pages["bad"].look(dark=dark)
        grounds.append(pages["bad"].ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 247, 248)", "rgb(16, 19, 22)"]


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_fetched_and_nothing_is_refused(browser: Browser, name: str) -> None:
    page = browser.open(REPORTS[name])
    assert page.complaints() == []
    assert [address.partition("://")[0] for address in page.requests()] == ["file"]
    assert page.ask("document.styleSheets.length") == REPORTS[name].count("<style>")
    page.close()


def test_what_the_policy_does_not_name_does_not_run(browser: Browser) -> None:
    """The policy holds should a text ever become markup."""
    planted = REPORTS["bad"].replace(
        "</main>", '<script>document.title = "ran"</script><img src="http://127.0.0.1:9/x"></main>'
    )
    page = browser.open(planted)
    assert page.ask("document.title") != "ran"
    assert len([one for one in page.complaints() if "Content Security Policy" in one]) == 2
    page.close()


def named(tree: list[tuple[str, str]], role: str) -> list[str]:
    return [" ".join(name.split()) for found, name in tree if found == role]


def test_a_screen_reader_meets_headings_and_landmarks(pages: dict[str, Page]) -> None:
    pages["bad"].look()
    tree = pages["bad"].accessibility()
    assert named(tree, "heading")[0] == "i-0123456789abcdef0 is not good: volume.status"
    headings = {"Root cause", "1 warning", "Who thinks what", "How it booted", "All checks"}
    assert headings <= set(named(tree, "heading"))
    assert headings <= set(named(tree, "region"))
    for landmark in ("banner", "main", "contentinfo"):
        assert len(named(tree, landmark)) == 1
    assert named(tree, "navigation") == ["Sections"]
    assert named(tree, "article") == ["volume.status", "data.freshness"]
    assert named(tree, "image")[0].startswith("boot 0f1e2d3c of i-0123456789abcdef0")
    assert {"Check", "Found", "Took"} <= set(named(tree, "columnheader"))
    assert len(named(tree, "rowheader")) >= len(broken().results)
    assert all(named(tree, "link"))


def test_what_is_folded_can_be_unfolded_by_keyboard(browser: Browser) -> None:
    page = browser.open(REPORTS["bad"])
    page.ask("document.querySelector('summary').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                  windowsVirtualKeyCode=13)  # fmt: skip
    assert page.ask("document.querySelector('details').open") is True
    page.close()


def test_a_command_is_copied_as_it_is(pages: dict[str, Page]) -> None:
    assert ROOT.remedy
    pages["bad"].look(width=320)
    copied: Any = pages["bad"].ask(
        "[...document.querySelectorAll('#causes pre')].map(one => {"
        " getSelection().selectAllChildren(one); return getSelection().toString(); })"
    )
    assert copied == [command.line for command in ROOT.remedy.commands]


def test_a_printed_page_shows_what_is_folded(pages: dict[str, Page]) -> None:
    page = pages["bad"]
    page.ask("document.querySelectorAll('details').forEach(one => one.open = false)")
    page.look(width=794, printed=True)
    shown = page.ask("document.querySelector('#causes details ul').checkVisibility()")
    assert shown is True
    assert page.ask("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_picture_of_a_boot_fits_by_itself(browser: Browser, width: int) -> None:
    page = browser.open(draw(boot()), width=width, phone=False)
    assert page.complaints() == []
    assert page.ask("document.documentElement.getBoundingClientRect().width") <= width
    outside = page.ask(
        "[...document.querySelectorAll('text')].filter(one => {"
        " const box = one.getBoundingClientRect();"
        f" return box.right > {width} + 0.5 || box.left < -0.5; }}).map(one => one.textContent)"
    )
    assert outside == []
    page.close()


def test_a_screenshot_shows_the_verdict(pages: dict[str, Page], tmp_path: Path) -> None:
    pages["bad"].look(width=390)
    pages["bad"].screenshot(tmp_path / "shot.png")
    assert (tmp_path / "shot.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "shot.png").stat().st_size > 50_000
