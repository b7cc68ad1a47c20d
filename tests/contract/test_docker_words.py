"""What the Docker engine says about a pull, in its own words, and what that means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ladybug_agent.adapters.docker_pull import HINTS, pull_failure

# Texts of docker.io 20.10, docker-ce 28 and ECR. Their digest has 401 and 404 in it: a number that
# is found in a reference says nothing.
DATA = Path(__file__).parents[1] / "data" / "docker" / "pull-errors.json"
WORDS: dict[str, list[str]] = json.loads(DATA.read_text())
REFERENCE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/graph-api@sha256:401404"


@pytest.mark.parametrize(
    ("code", "words"), [(code, words) for code, texts in WORDS.items() for words in texts]
)
def test_the_words_of_the_engine_have_a_code(code: str, words: str) -> None:
    failure = pull_failure(REFERENCE, words)
    assert failure.code == code
    assert str(failure) == f"wanted the image {REFERENCE}, the engine says: {words}"


def test_every_code_has_words_and_a_hint() -> None:
    assert set(WORDS) == set(HINTS)
    assert all(pull_failure(REFERENCE, texts[0]).hint for texts in WORDS.values())
