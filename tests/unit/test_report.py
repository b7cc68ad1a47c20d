"""The page says what the diagnosis says, is sound HTML, and lets no text of the world be markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from ladybug_agent.diagnose.check import Command, Remedy
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.report.page import page
from ladybug_agent.redaction.redactor import Redactor
from support.canaries import KNOWN, PASSWORD, SECRET_KEY
from support.contrast import CSS, colours, ratio
from support.hostile import HOSTILE, hostile_boot, hostile_diagnosis, tags_of
from support.html_outline import Outline, outline
from support.sample_diagnoses import ROOT, boot, broken, healthy


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_world_is_never_markup(text: str) -> None:
    hostile = page(hostile_diagnosis(text), hostile_boot(text), Redactor(()))
    harmless = page(hostile_diagnosis("harmless"), hostile_boot("harmless"), Redactor(()))
    assert tags_of(hostile) == tags_of(harmless)
    assert hostile.encode("utf-8")


def test_the_cause_comes_before_all_else() -> None:
    told = page(broken(), boot())
    order = ["<h1", "volume.<wbr>status", "What to do", "Who thinks what", "All checks"]
    places = [told.index(part) for part in order]
    assert places == sorted(places)
    assert "i-0123456789abcdef0 is not good: volume.status" in told


def test_a_good_replica_has_no_causes() -> None:
    told = page(healthy())
    assert "i-0123456789abcdef0 is good" in told
    assert 'id="causes"' not in told
    assert 'id="boot"' not in told


def test_a_boot_of_which_nothing_is_known_is_told_in_words() -> None:
    told = page(healthy(), replace(boot(), spans=(), missing=("boot record: none",)))
    assert "boot record: none" in told
    assert "<svg" not in told


def test_views_that_nobody_could_ask_do_not_agree() -> None:
    views = tuple(replace(view, opinion="unknown") for view in healthy().views)
    assert "None of them could be asked." in page(replace(healthy(), views=views))
    assert "All who know agree." in page(healthy())
    assert "Not all agree: container says healthy" in page(broken())


def test_every_check_is_in_the_table_and_every_link_leads_somewhere() -> None:
    found = outline(page(broken(), boot()))
    rows = {f"check-{one.id.replace('.', '-')}" for one in broken().results}
    assert rows <= found.ids
    assert {link for link in found.links if link.startswith("#")} == set(found.links)
    assert {link.removeprefix("#") for link in found.links} <= found.ids


def test_no_id_is_given_twice() -> None:
    told = page(broken(), boot())
    ids = re.findall(r'\sid="([^"]+)"', told)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("diagnosis", [healthy(), broken()], ids=["good", "bad"])
def test_a_screen_reader_finds_its_way(diagnosis: Diagnosis) -> None:
    found = outline(page(diagnosis, boot()))
    assert found.levels[0] == 1
    assert found.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(found.levels))
    assert found.landmarks[:3] == ["header", "nav", "main"]
    assert found.landmarks[-1] == "footer"
    assert found.language == "en"


def test_every_header_of_a_table_says_what_it_heads() -> None:
    found = outline(page(broken(), boot()))
    assert set(found.scopes) == {"col", "row"}


def test_a_state_is_told_by_a_word_beside_its_colour() -> None:
    told = page(broken())
    for state in ("fail", "warn", "pass", "skip", "healthy", "unhealthy", "unknown"):
        badges = re.findall(rf'<span class="badge {state}">(.*?)</span> ([^<]+)</span>', told)
        assert badges
        assert all(words.strip() for _, words in badges)


def test_commands_say_what_they_risk() -> None:
    told = page(broken())
    assert "safe: changes nothing that serves" in told
    assert "disruptive: may stop answers for a while" in told


def test_nothing_is_fetched_and_nothing_runs() -> None:
    told = page(broken(), boot())
    found: Outline = outline(told)
    assert found.sources == []
    assert "<script" not in told
    assert " style=" not in told
    assert "@import" not in told
    assert "url(" not in told


def test_the_policy_allows_the_styles_of_the_page_and_nothing_else() -> None:
    told = page(broken(), boot())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', told)
    assert policy
    said = policy[1].replace("&#x27;", "'")
    assert said.startswith("default-src 'none'; ")
    for style in re.findall(r"<style>(.*?)</style>", told, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in said
    assert "unsafe" not in said


def test_secrets_are_hidden_and_their_number_is_told() -> None:
    root = replace(
        ROOT,
        message=f"said {SECRET_KEY}",
        evidence={"db_password": "hunter2", "url": "https://bob:hunter2@host/"},
        remedy=Remedy(text="x", commands=(Command("login --password hunter2", "safe"),)),
    )
    timeline = replace(boot(), spans=(replace(boot().spans[0], note=PASSWORD),))
    told = page(replace(broken(), results=(root,)), timeline, Redactor(KNOWN))
    assert [secret for secret in (*KNOWN, "hunter2") if secret in told] == []
    assert re.search(r"Secrets hidden on this page: [1-9]", told)


def test_a_page_of_much_is_still_of_a_size() -> None:
    many = tuple(replace(ROOT, id=f"g{n}.x", message="so " * 5000) for n in range(20))
    assert len(page(replace(broken(), results=many))) < 200_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "ground"), ("ink", "card"), ("dim", "ground"), ("dim", "card"), ("ink", "code"),
        ("link", "ground"), ("link", "card"), ("good", "good-ground"), ("bad", "bad-ground"),
        ("warn", "warn-ground"), ("calm", "calm-ground"),
    ],
)  # fmt: skip
def test_text_stands_out_from_its_ground(scheme: str, ink: str, ground: str) -> None:
    known = colours(CSS.read_text(), scheme)
    assert ratio(known[ink], known[ground]) >= 4.5
