"""The rows of the graph databases: the same each time, each key once, edges between them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

from support.graph_mix import USEFUL, queries
from support.graph_rows import PARTS, GraphSize, entity_id, write_rows

TINY = GraphSize(name="tiny", entities=101, topics=7, rel_edges=203, about_edges=50, link_edges=11)


def table(directory: Path, name: str) -> list[list[str]]:
    files = [directory / f"{name}-{part}.csv" for part in range(PARTS)]
    return [line.split(",") for file in files for line in file.read_text().splitlines()]


def test_every_table_has_its_rows_and_every_key_comes_once(tmp_path: Path) -> None:
    write_rows(TINY, tmp_path)
    counts = [len(table(tmp_path, name)) for name in ("entity", "topic", "rel", "about", "links")]
    assert counts == [101, 7, 203, 50, 11]
    assert {row[0] for row in table(tmp_path, "entity")} == set(map(entity_id, range(101)))


def test_edges_end_at_what_is_there(tmp_path: Path) -> None:
    write_rows(TINY, tmp_path)
    entities = set(map(entity_id, range(101)))
    assert {end for row in table(tmp_path, "rel") for end in row} <= entities
    assert {int(end) for row in table(tmp_path, "links") for end in row} <= set(range(7))


def test_the_same_seed_writes_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_rows(TINY, tmp_path / name)
    assert table(tmp_path / "a", "entity") == table(tmp_path / "b", "entity")


def test_what_it_grows_by_has_keys_of_its_own_and_edges_to_all(tmp_path: Path) -> None:
    write_rows(replace(TINY, first_entity=101, entities=20, seed=2), tmp_path)
    assert {row[0] for row in table(tmp_path, "entity")} == set(map(entity_id, range(101, 121)))
    ends = {end for row in table(tmp_path, "rel") for end in row}
    assert ends & set(map(entity_id, range(101)))
    assert ends & set(map(entity_id, range(101, 121)))


def test_a_mix_is_fifteen_queries_with_the_keys_of_its_seed() -> None:
    def asked(seed: int) -> list[str]:
        mix = itertools.islice(queries(seed, entities=101, topics=7), USEFUL)
        return [f"{query.text} {query.parameters}" for query in mix]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)
    assert [text.count("-[:REL]->") for text in asked(1)] == [0] * 6 + [1] * 3 + [2] * 3 + [0] * 3
