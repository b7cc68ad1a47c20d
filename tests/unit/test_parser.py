"""The command line: what it says of itself, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladybug_agent import __version__
from ladybug_agent.command_line import build_parser

VERBS = (
    ["bootstrap"],
    ["status"],
    ["config"],
    ["config", "check"],
    ["hydrate"],
    ["hydrate", "run"],
    ["hydrate", "record"],
    ["hydrate", "plan"],
    ["hydrate", "show"],
    ["rehearse"],
)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser(["--version"]).parse_args(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"ladybug-agent {__version__}\n")


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_parser_of_one_verb_says_of_it_what_the_whole_one_does(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for parser in (build_parser(), build_parser(verb)):
        with pytest.raises(SystemExit):
            parser.parse_args([*verb, "--help"])
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


@pytest.mark.parametrize("argv", [[], ["--help"], ["bootsrap"], ["--config", "x", "status"]])
def test_without_a_verb_in_front_every_verb_is_known(argv: list[str]) -> None:
    assert build_parser(argv).parse_args(["drain"]).verb == "drain"


@pytest.mark.parametrize("verb", [[], *VERBS], ids=" ".join)
def test_every_help_ends_with_the_exit_statuses(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args([*verb, "--help"])
    ending = capsys.readouterr().out.partition("exit status:")[2]
    assert [line.split()[0] for line in ending.strip().splitlines()] == [
        "0", "1", "2", "3", "4", "75",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["boot"],
        ["config"],
        ["bootstrap", "--format", "xml"],
        ["bootstrap", "now"],
        ["status", "--timeout", "soon"],
        ["status", "--timeout", "0"],
        ["status", "--timeout", "-1"],
        ["status", "--timeout", "nan"],
        ["status", "--timeout", "inf"],
        ["hydrate"],
        ["hydrate", "now"],
        ["hydrate", "run", "--slowly"],
        ["hydrate", "record", "--tier", "both"],
        ["hydrate", "record", "--after", "-1"],
        ["hydrate", "plan", "--format", "svg"],
        ["hydrate", "show"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_a_usage_error(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(argv)
    assert (caught.value.code, "usage: ladybug-agent" in capsys.readouterr().err) == (2, True)


def test_the_defaults_of_status() -> None:
    arguments = build_parser().parse_args(["status"])
    assert (arguments.config, arguments.format, arguments.wait, arguments.timeout) == (
        Path("/etc/ladybug-agent/config.toml"),
        "text",
        False,
        900.0,
    )


def test_a_timeout_may_have_a_fraction() -> None:
    assert build_parser().parse_args(["status", "--timeout", "0.5"]).timeout == 0.5


def test_the_defaults_of_hydrate_run() -> None:
    arguments = build_parser().parse_args(["hydrate", "run"])
    assert (arguments.act, arguments.fast, arguments.format, arguments.config) == (
        "run",
        False,
        "text",
        Path("/etc/ladybug-agent/config.toml"),
    )


def test_the_defaults_of_hydrate_record() -> None:
    arguments = build_parser().parse_args(["hydrate", "record"])
    assert (arguments.act, arguments.tier, arguments.fresh, arguments.after) == (
        "record",
        "queries",
        False,
        None,
    )


def test_the_defaults_of_hydrate_plan() -> None:
    arguments = build_parser().parse_args(["hydrate", "plan"])
    assert (arguments.act, arguments.reads, arguments.format) == ("plan", False, "text")


def test_hydrate_show_takes_a_map_and_a_place_for_its_picture() -> None:
    arguments = build_parser().parse_args(["hydrate", "show", "sec", "--output", "/tmp/sec.svg"])
    assert (arguments.act, arguments.map, arguments.output) == ("show", "sec", Path("/tmp/sec.svg"))
    assert build_parser().parse_args(["hydrate", "show", "sec"]).output is None
