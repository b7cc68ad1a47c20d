"""The catalogue: ids that are public, causes before consequences, commands that exist."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

import ladybug_agent
from ladybug_agent.command_line import build_parser
from ladybug_agent.diagnose.catalogue import CHECKS, ORDER
from ladybug_agent.diagnose.check import Check, Command
from ladybug_agent.diagnose.remedies import BY_CODE, BY_PREFIX, PLACES, filled, remedy_for
from ladybug_agent.diagnose.selection import Selection, select
from ladybug_agent.errors import ConfigError

ROOT = Path(ladybug_agent.__file__).parents[2]
UNITS = {path.name for path in (ROOT / "systemd").iterdir()} | {"docker", "docker.service"}
DOCS = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    {command for remedy in (*BY_CODE.values(), *BY_PREFIX.values()) for command in remedy.commands},
    key=lambda command: command.line,
)
CHANGES = re.compile(r"restart|terminate-|agent bootstrap|--force|reboot|prune| rm ")


def every(check: Check) -> list[str]:
    return [*check.needs, *check.follows]


def test_ids_are_unique_and_known() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(ORDER)
    assert ids == sorted(ids, key=ORDER.index)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_causes_stand_before_their_consequences(check: Check) -> None:
    place = ORDER.index(check.id)
    assert [name for name in every(check) if ORDER.index(name) >= place] == []
    assert len(every(check)) == len(set(every(check)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_is_documented_as_it_is(check: Check) -> None:
    row = re.search(rf"^\| `{re.escape(check.id)}` \| (.*) \|$", DOCS, re.MULTILINE)
    assert row is not None, f"docs/diagnose.md has no row for {check.id}"
    asks, needs, follows, quick = row[1].split(" | ")[:4]
    assert asks == check.asks
    assert tuple(re.findall(r"`([^`]+)`", needs)) == check.needs
    assert tuple(re.findall(r"`([^`]+)`", follows)) == check.follows
    assert quick == ("yes" if check.is_quick else "no")


def test_what_is_documented_is_a_check() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCS, re.MULTILINE))
    assert rows == {check.id for check in CHECKS}


def test_quick_checks_need_no_slow_ones() -> None:
    slow = {check.id for check in CHECKS if not check.is_quick}
    assert [c.id for c in CHECKS if c.is_quick and slow & set(c.needs)] == []


def test_a_remedy_is_for_a_code_that_exists() -> None:
    codes = set(re.findall(r"^### `([a-z_]+)`$", ERRORS, re.MULTILINE))
    assert sorted(set(BY_CODE) - codes) == []
    unused = [p for p in BY_PREFIX if not any(code.startswith(p) for code in codes)]
    assert unused == []


def test_every_place_in_a_command_can_be_filled() -> None:
    places = {name for command in COMMANDS for name in re.findall(r"\{(\w+)\}", command.line)}
    assert places == set(PLACES)


def test_what_is_not_known_stays_a_place() -> None:
    remedy = remedy_for("container_exited", "look")
    assert remedy is not None
    assert filled(remedy, {}).commands[0].line == "docker logs --tail 50 <container>"
    assert filled(remedy, {"container": "x"}).commands[0].line == "docker logs --tail 50 x"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.line[:40])
def test_a_command_is_marked_by_what_it_does(command: Command) -> None:
    assert (command.risk == "disruptive") == bool(CHANGES.search(command.line))
    assert command.line.isascii()


@pytest.mark.parametrize(
    "line", [one.line for one in COMMANDS if one.line.startswith("ladybug-agent ")]
)
def test_the_agents_own_commands_parse(line: str) -> None:
    words = filled(BY_CODE["check_crashed"], {})
    assert words.commands == ()
    arguments = build_parser().parse_args(line.replace("{", "").replace("}", "").split()[1:])
    assert isinstance(arguments, argparse.Namespace)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.line[:40])
def test_a_unit_in_a_command_is_one_that_is_shipped(command: Command) -> None:
    named = re.findall(r"systemctl (?:start|status|restart) (\S+)", command.line)
    named += re.findall(r"journalctl .*-u (\S+)", command.line)
    assert [name for name in named if name not in UNITS] == []


def chosen(**wish: object) -> list[str]:
    return [check.id for check in select(CHECKS, Selection(**wish))]  # type: ignore[arg-type]


def test_groups_and_ids_choose_checks() -> None:
    assert chosen(only=("service", "agent.config")) == [
        "agent.config",
        "service.health",
        "service.query",
    ]
    assert "service.query" not in chosen(skip=("service",))
    assert chosen(only=("service",), skip=("service.query",)) == ["service.health"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("servce.health", "did you mean `service.health`"),
        ("container.run", "did you mean `container.running`"),
        ("zebra", "`ladybug-agent diagnose --list` names them all"),
    ],
)
def test_an_unknown_name_is_refused_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(only=(name,))
    assert (caught.value.code, str(caught.value)) == (
        "check_unknown",
        f"there is no check and no group `{name}`",
    )
    assert caught.value.hint.startswith(near)
