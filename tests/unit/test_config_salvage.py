"""What `diagnose` goes by when the configuration has mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.configurations import MINIMAL, added, replaced
from ladybug_agent.config import Config
from ladybug_agent.config.bare import bare_config
from ladybug_agent.config.file import parse_config
from ladybug_agent.config.salvage import usable_config


def usable(tmp_path: Path, text: str) -> tuple[Config, str]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    config, error = usable_config(path)
    return config, error.code if error else ""


def test_a_good_configuration_is_used_as_it_is(tmp_path: Path) -> None:
    assert usable(tmp_path, MINIMAL) == (parse_config(MINIMAL, source=""), "")


def test_an_unknown_section_takes_nothing_with_it(tmp_path: Path) -> None:
    found = usable(tmp_path, f"{MINIMAL}\n[dta]\nx = 1\n")
    assert found == (parse_config(MINIMAL, source=""), "config_unknown_key")


def test_a_bad_key_takes_no_other_of_its_section_with_it(tmp_path: Path) -> None:
    text = added("instance", 'state_dir = "/run/other"\nboot_timeout_s = "soon"')
    config, code = usable(tmp_path, text)
    assert (config.instance.state_dir, code) == ("/run/other", "config_wrong_type")
    assert config.instance.boot_timeout_s == bare_config().instance.boot_timeout_s
    assert config.instance.environment == "test"


def test_a_key_that_is_required_is_made_up_for(tmp_path: Path) -> None:
    config, code = usable(tmp_path, replaced('table = "instance-registry"\n', ""))
    assert (config.registry.table, code) == (bare_config().registry.table, "config_missing_key")
    assert config.data.databases == ("sec",)


def test_another_version_of_the_format_is_read_as_far_as_it_is_the_same(tmp_path: Path) -> None:
    config, code = usable(tmp_path, replaced("schema = 1", "schema = 2"))
    assert (config.data.databases, code) == (("sec",), "config_schema_unsupported")


@pytest.mark.parametrize("text", ["[", "schema = 1", "instance = 7", ""])
def test_where_nothing_can_be_used_the_defaults_are(text: str, tmp_path: Path) -> None:
    config, code = usable(tmp_path, text)
    assert (config, bool(code)) == (bare_config(), True)


def test_without_a_file_the_defaults_are_used(tmp_path: Path) -> None:
    config, error = usable_config(tmp_path / "none.toml")
    assert (config, error and error.code) == (bare_config(), "config_missing")
