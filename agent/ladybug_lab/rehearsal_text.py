"""The words and tables that a rehearsal ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ladybug_lab.questions import Answer
from ladybug_lab.stage import Standing

_CELL_CHARS = 60


def row_lines(row: Mapping[str, Any]) -> list[str]:
    return [f"  {name:<22} {value}" for name, value in row.items()]


def table_lines(answer: Answer) -> list[str]:
    """Return a query's answer as an aligned table."""
    cells = [answer["columns"]] + [[_cell(value) for value in row] for row in answer["rows"]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [
        "  "
        + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return [f"A query through the container ({answer['description']}):", *lines]


def how_to_look_further(standing: Standing, *, kept: bool) -> list[str]:
    """Say what to try next, with commands to paste."""
    if not kept:
        return ["All of it was taken down again. `rehearse --keep` leaves it up for a look."]
    redirect = " ".join(
        f"{name}={value}" for name, value in standing.environment.items() if name.startswith("AWS_")
    )
    return [
        "It stays up. Look further with",
        f"  ladybug-agent status --config {standing.config_file}",
        f"  docker logs {standing.container}",
        f"  {redirect} ladybug-agent bootstrap --config {standing.config_file}",
        "and take it down with",
        "  ladybug-agent rehearse --down",
    ]


def _cell(value: object) -> str:
    text = str(value)
    return text if len(text) <= _CELL_CHARS else f"{text[: _CELL_CHARS - 3]}..."
