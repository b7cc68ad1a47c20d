"""The mix: fifteen queries that a replica is there for, with keys from a seed, without end.

Standard library only: the client, whose start is not to be slowed down, runs from this.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

USEFUL = 15

_LOOK_UP = "MATCH (e:Entity {id: $id}) RETURN e.name, e.kind, e.ts, e.body"
_ONE_HOP = "MATCH (:Entity {id: $id})-[:REL]->(o:Entity) RETURN o.name ORDER BY o.name"
_TWO_HOPS = """\
MATCH (:Entity {id: $id})-[:REL]->(:Entity)-[:REL]->(o:Entity)
RETURN o.name ORDER BY o.name"""
_MOST_LINKED = """\
MATCH (:Topic)-[:LINKS]->(t:Topic) WHERE t.id % 100 = $rest
RETURN t.id, t.name, count(*) AS links ORDER BY links DESC, t.id LIMIT 5"""
_LINKS_BETWEEN = """\
MATCH (a:Topic)-[:LINKS]->(b:Topic) WHERE a.id % 100 = $rest AND b.id % 100 = $rest
RETURN count(*), min(a.id), max(b.id)"""
_ABOUT_ONE_TOPIC = """\
MATCH (e:Entity)-[:ABOUT]->(:Topic {id: $topic}) RETURN count(*)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query and its parameters."""

    text: str
    parameters: dict[str, str | int]


def queries(seed: int, *, entities: int, topics: int) -> Iterator[Query]:
    """Yield one mix after the other; the first `USEFUL` are the first mix of this seed.

    Six look-ups by key, three neighbourhoods of one hop, three of two, three aggregates.
    """
    chance = random.Random(f"mix {seed}")  # noqa: S311  # same each time

    def entity() -> dict[str, str | int]:
        return {"id": f"E{chance.randrange(entities):013d}"}

    while True:
        for text, times in ((_LOOK_UP, 6), (_ONE_HOP, 3), (_TWO_HOPS, 3)):
            for _ in range(times):
                yield Query(text=text, parameters=entity())
        yield Query(text=_MOST_LINKED, parameters={"rest": chance.randrange(100)})
        yield Query(text=_LINKS_BETWEEN, parameters={"rest": chance.randrange(100)})
        yield Query(text=_ABOUT_ONE_TOPIC, parameters={"topic": chance.randrange(topics)})
