"""Manual pages and completion: all that the parsers know, and nothing that a terminal changes."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ladybug_fleet.bundle.pages import PARSERS, completion, man_page

PROGRAMS = sorted(PARSERS)


def words_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield every verb, act and option that a parser knows."""
    for action in parser._actions:
        yield from (name for name in action.option_strings if name not in {"-h", "--help"})
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield name
                yield from words_of(inner)


def plain(page: str) -> str:
    """Return roff's text as a reader sees it, near enough to look for words."""
    return re.sub(r"\\f[BIR]|\\[,/]", "", page).replace("\\-", "-")


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_verb_and_option_is_in_the_manual(program: str) -> None:
    page = plain(man_page(program, "1.2.3"))
    words = set(words_of(PARSERS[program]()))
    assert len(words) > 5
    assert sorted(word for word in words if not re.search(rf"(?<![\w-]){word}\b", page)) == []


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_verb_and_option_is_in_the_completion(program: str, shell: str) -> None:
    script = completion(program, shell)
    words = set(words_of(PARSERS[program]()))
    assert sorted(word for word in words if not re.search(rf"(?<![\w-]){word}\b", script)) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_says_version_and_exit_statuses_and_no_date(program: str) -> None:
    page = man_page(program, "1.2.3")
    title = page.splitlines()[0]
    assert f'"1" "" "{program} 1.2.3" "LadybugDB replicas"'.replace("-", r"\-") in title
    assert ".SH EXIT STATUS\n.nf\n0   good (warnings included)\n" in page
    assert "COMMENTS" not in page


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_terminal_changes_nothing(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = []
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        pages.append((man_page(program, "1"), completion(program, "bash")))
    assert pages[0] == pages[1]


def test_the_width_of_the_terminal_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "173")
    man_page("ladybug-agent", "1")
    assert argparse.HelpFormatter("x")._width == 171


@pytest.mark.skipif(not shutil.which("groff"), reason="missing: groff")
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_manual_is_set_without_a_warning(program: str, tmp_path: Path) -> None:
    path = tmp_path / f"{program}.1"
    path.write_text(man_page(program, "1.2.3"))
    done = subprocess.run(
        # A word longer than a line is not broken, and that is right.
        ["groff", "-man", "-Tutf8", "-ww", "-Wbreak", path],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "LadybugDB replicas" in done.stdout


def offered(program: str, line: str, tmp_path: Path) -> list[str]:
    """Return what bash offers at the end of a command line."""
    path = tmp_path / program
    path.write_text(completion(program, "bash"))
    words = [*line.split(), ""] if line.endswith(" ") else line.split()
    asked = (
        f"source {path}; COMP_WORDS=({' '.join(repr(word) for word in words)});"
        f" COMP_CWORD={len(words) - 1};"
        f" _shtab_{program.replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(
        ["bash", "-c", asked], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("program", "line", "wanted"),
    [
        ("ladybug-agent", "ladybug-agent ", "bootstrap"),
        ("ladybug-agent", "ladybug-agent hydrate ", "record"),
        ("ladybug-agent", "ladybug-agent status --", "--wait"),
        ("ladybug-agent", "ladybug-agent status --format ", "json"),
        ("ladybug-fleet", "ladybug-fleet publish --", "--bundle"),
    ],
)
def test_bash_completes(program: str, line: str, wanted: str, tmp_path: Path) -> None:
    assert wanted in offered(program, line, tmp_path)


@pytest.mark.skipif(not shutil.which("zsh"), reason="missing: zsh")
@pytest.mark.parametrize("program", PROGRAMS)
def test_zsh_reads_its_completion(program: str, tmp_path: Path) -> None:
    path = tmp_path / f"_{program}"
    path.write_text(completion(program, "zsh"))
    done = subprocess.run(["zsh", "-n", path], capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
