"""The rows of a graph of any size, as CSV files, from a seed; also the program that writes a part.

Only the standard library, and a program of its own, so that each core writes a part: most of the
time that a database takes goes into this and not into the engine.
"""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PARTS = 2
_BATCH = 20_000
_TIMEOUT_S = 600.0
_NAME_CHARACTERS = 24
_BODY_CHARACTERS = range(300, 541)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSize:
    """How much of everything; a span of entities, and edges among all up to its end."""

    name: str
    first_entity: int = 0
    entities: int
    topics: int
    rel_edges: int
    about_edges: int
    link_edges: int
    seed: int = 1

    @property
    def end_entity(self) -> int:
        return self.first_entity + self.entities


def entity_id(number: int) -> str:
    return f"E{number:013d}"


def write_rows(size: GraphSize, directory: Path) -> None:
    """Write `entity`, `rel`, `about`, `topic` and `links`, each in `PARTS` files `NAME-PART.csv`.

    Blocks until all parts are written: some 7 s for a database of 1 GB on two cores.
    """
    order = json.dumps(dataclasses.asdict(size))
    writers = [
        subprocess.Popen([sys.executable, "-S", __file__, order, str(directory), str(part)])
        for part in range(PARTS)
    ]
    statuses = [writer.wait(_TIMEOUT_S) for writer in writers]
    if any(statuses):
        message = f"the rows of {size.name} could not be written"
        raise RuntimeError(message)


def _write_part(size: GraphSize, directory: Path, part: int) -> None:
    tables: dict[str, tuple[int, Callable[[random.Random, range], Iterator[str]]]] = {
        "entity": (size.entities, lambda r, span: _entities(r, span, size.first_entity)),
        "topic": (size.topics, lambda _, span: (f"{i},topic {i}\n" for i in span)),
        "rel": (size.rel_edges, lambda r, span: _rels(r, span, size.end_entity)),
        "about": (size.about_edges, lambda r, span: _abouts(r, span, size)),
        "links": (size.link_edges, lambda r, span: _links(r, span, size.topics)),
    }
    for table, (count, rows) in tables.items():
        chance = random.Random(f"{size.seed} {table} {part}")  # noqa: S311  # same each time
        first, end = count * part // PARTS, count * (part + 1) // PARTS
        with (directory / f"{table}-{part}.csv").open("w", encoding="ascii") as file:
            for start in range(first, end, _BATCH):
                file.write("".join(rows(chance, range(start, min(start + _BATCH, end)))))


def _entities(chance: random.Random, span: range, first: int) -> Iterator[str]:
    text = _text()
    last_start = len(text) - _NAME_CHARACTERS - _BODY_CHARACTERS.stop
    for i in range(first + span.start, first + span.stop):
        start = int(chance.random() * last_start)
        body = start + _NAME_CHARACTERS
        length = _BODY_CHARACTERS[int(chance.random() * len(_BODY_CHARACTERS))]
        name = text[start:body].strip()
        yield f"{entity_id(i)},{name},kind {i % 17},{i * 37},{text[body : body + length]}\n"


def _rels(chance: random.Random, span: range, entities: int) -> Iterator[str]:
    draw = chance.random
    for _ in span:
        yield f"E{int(draw() * entities):013d},E{int(draw() * entities):013d}\n"


def _abouts(chance: random.Random, span: range, size: GraphSize) -> Iterator[str]:
    draw = chance.random
    for _ in span:
        yield f"E{int(draw() * size.end_entity):013d},{int(draw() * size.topics)}\n"


def _links(chance: random.Random, span: range, topics: int) -> Iterator[str]:
    draw = chance.random
    for _ in span:
        yield f"{int(draw() * topics)},{int(draw() * topics)}\n"


@cache
def _text() -> str:
    """Return many words, of which names and bodies are pieces."""
    chance = random.Random(0)  # noqa: S311  # same each time
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 11))) for _ in range(5_000)]
    return " ".join(chance.choices(words, k=50_000))


if __name__ == "__main__":
    _write_part(GraphSize(**json.loads(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]))
