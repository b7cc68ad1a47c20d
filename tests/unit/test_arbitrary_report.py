"""Any words make a page of the same markup."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ladybug_agent.diagnose.report.page import page
from ladybug_agent.redaction.redactor import Redactor
from support.arbitrary import TEXT, inputs
from support.hostile import hostile_boot, hostile_diagnosis, tags_of
from support.html_outline import outline

PIECES = st.lists(st.sampled_from(["<", ">", '"', "'", "&", "/", "=", "script", " ", "a", "-->"]))
PLAIN = {
    tag
    for words in ("", "harmless", "longer than a line of the picture " * 3)
    for tag in tags_of(page(hostile_diagnosis(words), hostile_boot(words), Redactor(())))
}


@given(TEXT | PIECES.map("".join))
@inputs(150)
def test_any_words_make_a_page_of_the_same_markup(text: str) -> None:
    told = page(hostile_diagnosis(text), hostile_boot(text), Redactor(()))
    assert tags_of(told) <= PLAIN
    assert outline(told).sources == []
