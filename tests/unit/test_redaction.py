"""Secrets never get through, whatever they are wrapped in; what is harmless is left as it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ladybug_agent.model import Credentials
from ladybug_agent.model.containers import RegistryLogin
from ladybug_agent.redaction.known import loaded
from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.redaction.shapes import MARK
from support.canaries import BY_SHAPE, HARMLESS, KNOWN, SECRET_KEY, SESSION_TOKEN, dresses


@pytest.mark.parametrize("text", BY_SHAPE)
def test_a_secret_is_known_by_its_shape_or_its_name(text: str) -> None:
    told = Redactor(()).text(text)
    assert [part for part in BY_SHAPE[text] if part in told] == []
    assert MARK in told


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_left_as_it_is(text: str) -> None:
    redactor = Redactor(KNOWN)
    assert redactor.text(text) == text
    assert redactor.count == 0


@pytest.mark.parametrize("dress", dresses(""))
@pytest.mark.parametrize("secret", KNOWN)
def test_a_loaded_secret_is_found_in_every_dress(secret: str, dress: str) -> None:
    told = Redactor(KNOWN).text(dresses(secret)[dress])
    pieces = {dresses(secret)[dress][at : at + 12] for at in range(8, 30)}
    assert not any(piece in told for piece in pieces if piece in dresses(secret)["plain"])
    assert secret not in told
    assert MARK in told


def test_a_piece_of_a_loaded_secret_is_hidden_where_a_line_was_cut_off() -> None:
    told = Redactor(KNOWN).text(f"... {SESSION_TOKEN[200:300]}\nand {SECRET_KEY[:20]}")
    assert told == f"... {MARK}\nand {MARK}"


def test_a_secret_of_many_lines_is_found_in_each_of_them() -> None:
    told = Redactor(["first-line-of-it\nsecond-line-of-it"]).text("a second-line-of-it b")
    assert told == f"a {MARK} b"


def test_what_was_hidden_is_not_hidden_again() -> None:
    for text in BY_SHAPE:
        once = Redactor(()).text(text)
        assert Redactor(()).text(once) == once


def test_what_was_hidden_is_counted() -> None:
    redactor = Redactor(KNOWN)
    redactor.text(f"{SECRET_KEY} and {SECRET_KEY}, password=hunter2")
    assert redactor.count == 3


def test_the_rest_of_the_line_stays_readable() -> None:
    told = Redactor(()).text("12:00 pull https://bob:pw123456@host/v2 token=abcd1234&n=1 failed")
    assert told == f"12:00 pull https://{MARK}@host/v2 token={MARK}&n=1 failed"


def test_a_document_is_searched_by_its_keys() -> None:
    document = {
        "password": "hunter2",
        "pin_token": 12345678,
        "nested": [{"apiKey": ["a1", "b2"]}, {"Name": "DB_PASSWORD", "Value": "hunter2"}],
        "counts": {"pass": 27, "fail": 0},
        "token": None,
        "snapshot_id": "snap-0123456789abcdef0",
    }
    assert Redactor(()).document(document) == {
        "password": MARK,
        "pin_token": MARK,
        "nested": [{"apiKey": [MARK, MARK]}, {"Name": "DB_PASSWORD", "Value": MARK}],
        "counts": {"pass": 27, "fail": 0},
        "token": None,
        "snapshot_id": "snap-0123456789abcdef0",
    }


def test_a_document_stays_one() -> None:
    hidden = Redactor(KNOWN).document({"a": f'said "{SECRET_KEY}" and password="x y"', "b": [1]})
    assert json.loads(json.dumps(hidden)) == {"a": f'said "{MARK}" and password="{MARK}"', "b": [1]}


def test_credentials_are_known_as_soon_as_they_exist() -> None:
    Credentials(
        access_key_id="ASIAMADEUPFORTHISTES",
        secret_access_key="made-up-for-this-test/secret",
        session_token="made-up-for-this-test/token",
        expires_at=datetime(2026, 2, 6, tzinfo=UTC),
    )
    RegistryLogin(username="AWS", password="made-up-for-this-test/login")
    assert {f"made-up-for-this-test/{name}" for name in ("secret", "token", "login")} <= loaded()
    assert Redactor().text("it is made-up-for-this-test/login") == f"it is {MARK}"


def test_a_short_secret_is_hidden_by_its_name_only() -> None:
    RegistryLogin(username="AWS", password="x1")
    assert "x1" not in loaded()
    assert Redactor().text("x1 PASSWORD=x1") == f"x1 PASSWORD={MARK}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SIGNATURE = {'auth': 'hunter2'} kept", "SIGNATURE = [hidden] kept"),
        ('secrets: ["one-of-them", "and-another"], kept', "secrets: [hidden], kept"),
    ],
)
def test_a_structure_under_a_secret_name_is_hidden_to_its_end(text: str, told: str) -> None:
    assert Redactor(()).text(text).replace(MARK, "[hidden]") == told
