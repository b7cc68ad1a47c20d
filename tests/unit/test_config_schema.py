"""The JSON Schema for editors: it agrees with what the agent reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from fakes.configurations import BAD_FILES, MINIMAL, BadFile, added, replaced
from ladybug_agent.config.schema import config_json_schema

SEEN = {name: bad for name, bad in BAD_FILES.items() if bad.by_schema}


def check(text: str) -> None:
    jsonschema.Draft202012Validator(config_json_schema()).validate(tomllib.loads(text))


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, key in schema["properties"].items():
        yield f"{prefix}{name}", key
        if "properties" in key:
            yield from keys(key, f"{prefix}{name}.")


def test_the_schema_is_a_good_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(config_json_schema())


def test_the_minimal_file_is_good() -> None:
    check(MINIMAL)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("data", 'databases_dir = "databases/main"'),
        ("data", "attach_timeout_s = 60"),
        ("data", 'snapshot_id = ""'),
        ("data", 'device_name = "sdf"'),
        ("data", 'on_pending_recovery = "recover"'),
        ("container", "memory_bytes = 0"),
        ("container", 'environment = { A = "1" }'),
        ("container", 'storage_versions = "40-49"'),
        ("signals", 'console = ""'),
        ("logging", 'level = "debug"'),
        ("aws", "read_timeout_s = 0.5"),
    ],
)
def test_a_good_key_is_good_for_the_schema(section: str, line: str) -> None:
    check(added(section, line))


def test_a_first_deployment_is_good() -> None:
    check(replaced('databases = ["sec"]', 'mode = "empty"\ndatabases = []'))


@pytest.mark.parametrize("bad", SEEN.values(), ids=SEEN.keys())
def test_a_mistake_is_seen_in_the_editor(bad: BadFile) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(bad.text)


def test_every_key_is_described() -> None:
    named = dict(keys(config_json_schema()))
    assert len(named) > 40
    assert [path for path, key in named.items() if not key["description"]] == []


def test_every_key_that_may_be_left_out_shows_its_default() -> None:
    schema = config_json_schema()
    left_out = [
        f"{section}.{name}"
        for section, described in schema["properties"].items()
        for name, key in described.get("properties", {}).items()
        if name not in described["required"] and "default" not in key
    ]
    assert left_out == ["container.environment"]  # a table, empty unless given
