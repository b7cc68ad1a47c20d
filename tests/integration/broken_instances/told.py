"""What `diagnose` printed, as an operator reads it from a terminal or from Systems Manager."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ladybug_lab.agent_process import AgentRun

MOST_BYTES, SOON_BYTES, LINE_BYTES = 20_000, 2_300, 200
ROOT = re.compile(r"^ROOT CAUSE (\S+) (?:(?!^(?:ROOT CAUSE|VIEWS|WARNING)).*\n?)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Told:
    run: AgentRun

    @property
    def text(self) -> str:
        return self.run.stdout

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def root(self) -> str:
        """The id that the first line names; `PASS` if there is none."""
        words = self.first_line.split()
        return words[2] if words[1] == "FAIL" else words[1]

    @property
    def causes(self) -> dict[str, str]:
        """All that is said of each root cause, by its id."""
        return {found[1]: found[0] for found in ROOT.finditer(self.text)}

    def is_within_limits(self) -> bool:
        """Return whether nobody cuts off what matters."""
        whole = self.text.encode()
        soon = whole[:SOON_BYTES].decode(errors="replace")
        return (
            self.text.isascii()
            and len(whole) <= MOST_BYTES
            and len(self.first_line) <= LINE_BYTES
            and (self.root == "PASS" or f"ROOT CAUSE {self.root} " in soon)
        )
