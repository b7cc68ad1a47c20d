"""Whatever comes in from outside, the answer is one of ours: never another exception."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ladybug_agent.config.file import parse_config
from ladybug_agent.errors import ConfigError, NotYet, Refused
from ladybug_agent.model import HttpReply
from ladybug_agent.resources.image import parse_image_reference
from ladybug_agent.resources.service_answers import judge_health, judge_info

FEW = settings(max_examples=200, deadline=None)
TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@FEW
@given(st.text())
@example("schema = 1\n[data]\ndatabases = 3")
@example("schema = 1\ninstance = 3")
def test_any_text_is_configuration_or_an_error_of_configuration(text: str) -> None:
    with suppress(ConfigError):
        parse_config(text, source="any")


@FEW
@given(
    section=st.sampled_from(["instance", "data", "container", "registry", "health", "signals"]),
    key=st.sampled_from(["environment", "databases", "image", "table", "path", "port", "lease_s"]),
    value=TOML_VALUES,
)
def test_any_value_of_a_key_is_accepted_or_named(section: str, key: str, value: object) -> None:
    with suppress(ConfigError):
        parse_config(f"schema = 1\n[{section}]\n{key} = {value!r}\n", source="any")


@FEW
@given(st.text())
def test_any_text_is_an_image_reference_or_none(text: str) -> None:
    with suppress(ConfigError):
        assert parse_image_reference(text).repository


@FEW
@given(status=st.integers(100, 599), body=st.binary() | st.just(b"[]") | st.just(b"3"))
@example(status=200, body=b'{"status": "healthy", "database_count": true}')
@example(status=200, body=b'{"status": "healthy", "database_count": 1e400}')
@example(status=200, body=b"\xff\xfe")
@example(status=200, body=b"[" * 65536)
def test_any_answer_of_the_service_is_good_or_not_yet(status: int, body: bytes) -> None:
    with suppress(NotYet):
        assert judge_health(HttpReply(status=status, body=body), 1, "graph-api") >= 1
    with suppress(Refused):
        judge_info(HttpReply(status=status, body=body))
