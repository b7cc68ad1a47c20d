"""What the command line of the fleet's tools says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ladybug_fleet.aws import client
from ladybug_fleet.command_line import build_parser

PAGE = Path(__file__).parents[2] / "docs" / "fleet.md"


@pytest.mark.parametrize("verb", [[], ["deploy"], ["roll"], ["status"]], ids=" ".join)
def test_every_help_ends_with_the_exit_statuses_that_the_page_has(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args([*verb, "--help"])
    ending = capsys.readouterr().out.partition("exit status:")[2]
    told = [line.split()[0] for line in ending.strip().splitlines()]
    documented = re.search(r"Exit status (0 .*? interrupted)\.", PAGE.read_text(), re.DOTALL)
    assert documented is not None
    assert told == re.findall(r"\d+", documented[1])


@pytest.mark.parametrize(
    ("variables", "option", "region"),
    [
        ({"AWS_REGION": "eu-central-1"}, None, "eu-central-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "us-east-1"}, None, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, None, "us-east-1"),
        ({"AWS_REGION": "eu-central-1"}, "us-west-2", "us-west-2"),
    ],
)
def test_the_region_is_that_of_the_aws_cli(
    variables: dict[str, str],
    option: str | None,
    region: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = client("s3", option)
    assert made.meta.region_name == region
    made.close()
