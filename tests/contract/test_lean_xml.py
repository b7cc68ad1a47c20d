"""XML as AWS sends it, and as nobody should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.adapters.lean.xml import GarbledXmlError, parse_xml

LAUGHS = b"""<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>"""


def test_a_list_is_read_by_its_members() -> None:
    found = parse_xml(b"<a xmlns='urn:x'><set><item><id>1</id></item><item/></set></a>")
    assert [item.get("id") for item in found.items("set")] == ["1", ""]
    assert list(found.items("none")) == []


def test_text_in_pieces_is_put_together() -> None:
    assert parse_xml(b"<a><b> x &amp; <![CDATA[<y>]]> </b></a>").get("b") == "x & <y>"


@pytest.mark.parametrize(
    "document",
    [
        LAUGHS,
        OUTSIDE,
        b"",
        b"<a>",
        b"text",
        b"<a/><b/>",
        b"<a" + b"><a" * 99,
        b"<a>&x;</a>",
    ],
    ids=["entities", "outside", "nothing", "cut off", "text", "two", "deep", "unknown"],
)
def test_what_aws_would_not_send_is_refused(document: bytes) -> None:
    with pytest.raises(GarbledXmlError):
        parse_xml(document)


def test_more_elements_than_aws_sends_are_refused() -> None:
    with pytest.raises(GarbledXmlError):
        parse_xml(b"<a>" + b"<b/>" * 50_001 + b"</a>")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(document: bytes) -> None:
    with suppress(GarbledXmlError):
        assert parse_xml(document).name
