"""A program that opens a database as a replica does and asks the mix; its times go to stdout.

It imports the engine, says `ready`, and waits for a byte on its standard input. Then it opens the
database, says `opened`, and asks; with `--pause`, only after one more byte. Its last line is JSON:
moments on the monotonic clock, and a digest of each answer. With `--endless` it asks on with a
pause of 10 ms until its standard input ends.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import select
import sys
import time
from collections.abc import Iterator

import ladybug

from support.graph_mix import USEFUL, Query, queries

_BUFFER_POOL_BYTES = 256 * 2**20
_PAUSE_S = 0.010


def main() -> None:
    arguments = _arguments()
    mix = queries(arguments.seed, entities=arguments.entities, topics=arguments.topics)
    print("ready", flush=True)
    _await_byte()
    with (
        ladybug.Database(
            arguments.database, read_only=True, buffer_pool_size=_BUFFER_POOL_BYTES
        ) as database,
        ladybug.Connection(database) as connection,
    ):
        opened = time.monotonic()
        print("opened", flush=True)
        if arguments.pause:
            _await_byte()
        asked, answered, digests = [], [], []
        for query in _paused(mix) if arguments.endless else itertools.islice(mix, arguments.count):
            asked.append(time.monotonic())
            digests.append(_ask(connection, query))
            answered.append(time.monotonic())
    told = {"opened": opened, "asked": asked, "answered": answered, "digests": digests}
    print(json.dumps(told), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--entities", type=int, required=True)
    parser.add_argument("--topics", type=int, required=True)
    parser.add_argument("--count", type=int, default=USEFUL)
    parser.add_argument("--pause", action="store_true")
    parser.add_argument("--endless", action="store_true")
    return parser.parse_args()


def _await_byte() -> None:
    if not os.read(sys.stdin.fileno(), 1):
        sys.exit("nobody waits for the answers")


def _paused(mix: Iterator[Query]) -> Iterator[Query]:
    for query in mix:
        yield query
        if select.select([sys.stdin], [], [], _PAUSE_S)[0]:
            return


def _ask(connection: ladybug.Connection, query: Query) -> str:
    answer = connection.execute(query.text, query.parameters)
    assert not isinstance(answer, list)
    rows = []
    while answer.has_next():
        rows.append(answer.get_next())
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
