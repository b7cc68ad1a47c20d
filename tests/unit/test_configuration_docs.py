"""The configuration's reference page and the README say what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ladybug_agent.config.file import parse_config
from support.config_reference import TARGET, reference

ROOT = Path(__file__).parents[2]


def test_the_reference_page_is_what_the_code_says() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "run ./dev docs"


def test_the_examples_of_the_readme_are_good_configuration() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", readme, flags=re.DOTALL)
    whole = "\n".join(examples)
    assert parse_config(whole, source="README.md").data.databases == ("sec",)
    assert set(tomllib.loads(whole)) > {"signals"}
