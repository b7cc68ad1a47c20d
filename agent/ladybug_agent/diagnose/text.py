"""The diagnosis as text: what an operator needs first comes first, because the end may be cut.

The agent of Systems Manager keeps the first 24,000 bytes of standard output, and the older form of
its answer the first 2,500 of both streams. So the verdict and the first root cause with its remedy
are within 2,300 bytes, and all of it is within 20,000, whatever the world has to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ladybug_agent.diagnose.ascii import listed, pairs, plain
from ladybug_agent.diagnose.check import Remedy, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.verdict import verdict_line

MOST_BYTES = 20_000
TAIL_BYTES = 2_500
"""Kept for the end: what passed, what was left out, where there is more."""
ID, MESSAGE, EVIDENCE, FIX, COMMAND, IAM, NAMES = 40, 300, 200, 200, 140, 120, 250
COMMANDS_SHOWN = 3
CATALOGUE = "docs/errors.md"


def text_of(diagnosis: Diagnosis) -> str:
    """Return the whole text, each line ended."""
    page = _Page(MOST_BYTES - TAIL_BYTES)
    page.add(verdict_line(diagnosis))
    roots = diagnosis.root_causes
    if len(roots) > 1:
        page.add(f"root causes: {listed((root.id for root in roots), NAMES)}")
    heads = [f"ROOT CAUSE {_headline(root)}" for root in roots]
    for place, root in enumerate(roots):
        # The first one is told in whole: it must be enough to act on where all else is cut off.
        later = heads[place + 1 :] if place else ()
        page.add_block(heads[place], _root_lines(diagnosis, root), later=later)
    for line in _view_lines(diagnosis):
        page.add(line)
    untold, told = [], {root.id for root in roots}  # those name what only follows from them
    for warning in diagnosis.results:
        if warning.status != "warn" or warning.caused_by in told:
            continue
        if not page.add_block(f"WARNING {_headline(warning)}", _remedy_lines(warning.remedy)):
            untold.append(warning.id)
    page.most = MOST_BYTES
    for line in _tail_lines(diagnosis, untold):
        page.add(line)
    return page.text


class _Page:
    """Lines, up to a number of bytes: what does not fit is left out, and that is said."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lines: list[str] = []
        self._size = 0

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def add(self, line: str) -> bool:
        ended = f"{line}\n"
        if self._size + len(ended) > self.most:
            return False
        self._lines.append(ended)
        self._size += len(ended)
        return True

    def add_block(self, head: str, lines: Iterator[str], *, later: Sequence[str] = ()) -> bool:
        """Add a head, and of its lines what leaves room for the later heads.

        Return whether the head fitted.
        """
        if not self.add(head):
            return False
        most = self.most
        self.most -= sum(len(one) + 1 for one in later)
        for line in lines:
            if not self.add(line):
                break
        self.most = most
        return True


def _root_lines(diagnosis: Diagnosis, root: Result) -> Iterator[str]:
    if root.evidence:
        yield f"  saw: {pairs(root.evidence, EVIDENCE)}"
    yield from _remedy_lines(root.remedy)
    if root.code:
        yield f"  doc: {CATALOGUE}#{plain(root.code, ID)}"
    if consequences := diagnosis.consequences_of(root):
        yield f"  follows: {listed((one.id for one in consequences), NAMES)}"


def _headline(result: Result) -> str:
    code = f" ({plain(result.code, ID)})" if result.code else ""
    return f"{plain(result.id, ID)}{code}: {plain(result.message, MESSAGE)}"


def _remedy_lines(remedy: Remedy | None) -> Iterator[str]:
    if remedy is None:
        return
    if remedy.text:
        yield f"  fix: {plain(remedy.text, FIX)}"
    yield from _command_lines(remedy)
    if remedy.iam:
        yield f"  iam: {listed(remedy.iam, IAM)}"


def _command_lines(remedy: Remedy) -> Iterator[str]:
    """Show whole commands while there is room: half of one is none."""
    left = most = COMMANDS_SHOWN * COMMAND
    for command in remedy.commands[:COMMANDS_SHOWN]:
        line = plain(command.line, most)
        if len(line) > left:
            return
        left -= len(line)
        yield f"  fix ({command.risk}): {line}"


def _view_lines(diagnosis: Diagnosis) -> Iterator[str]:
    if not diagnosis.views:
        return
    told = (f"{view.viewpoint.replace(' ', '-')}={view.opinion}" for view in diagnosis.views)
    yield f"VIEWS {' '.join(told)}"
    if diagnosis.dissent:
        yield f"  {plain(diagnosis.dissent, MESSAGE)}"


def _tail_lines(diagnosis: Diagnosis, untold: Sequence[str]) -> Iterator[str]:
    roots = {root.id for root in diagnosis.root_causes}  # those name what could not be asked
    skipped = [
        one.id for one in diagnosis.results if one.status == "skip" and one.blocked_by not in roots
    ]
    passed = [one.id for one in diagnosis.results if one.status == "pass"]
    for name, ids in (
        ("more warnings", untold),
        ("skipped", skipped),
        ("passed", passed),
        ("left out", diagnosis.left_out),
    ):
        if ids:
            yield f"{name}: {listed(ids, TAIL_BYTES // 4)}"
    yield "more: ladybug-agent diagnose --format json; ladybug-agent diagnose --bundle FILE"
