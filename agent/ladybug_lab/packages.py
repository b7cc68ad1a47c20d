"""A real LadybugDB database about this machine: its packages and what they depend on."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ladybug

from ladybug_lab.package_sources import Catalogue, Package, machine_catalogue

SAMPLE_QUERY = """\
MATCH (dependant:Package)-[:DEPENDS_ON]->(package:Package)
RETURN package.name AS package, package.summary AS summary, count(DISTINCT dependant) AS dependants
ORDER BY dependants DESC, package LIMIT 5"""
SAMPLE_QUERY_DESCRIPTION = "the five packages that most others depend on"

_MAX_EDGES = 60_000
_BUFFER_POOL_BYTES = 256 * 2**20
_NODES = """\
CREATE NODE TABLE Package(
    name STRING PRIMARY KEY, version STRING, section STRING,
    installed_kib INT64, installed BOOL, summary STRING
)"""
_EDGES = "CREATE REL TABLE DEPENDS_ON(FROM Package TO Package, kind STRING)"

Edge = tuple[str, str, str]  # from, to, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSummary:
    """What was written."""

    nodes: int
    edges: int
    source: str


def build_package_graph(target: Path) -> GraphSummary:
    """Write the database `target`, a single `.lbug` file; a few seconds."""
    catalogue = machine_catalogue()
    packages, edges = reach(catalogue, max_edges=_MAX_EDGES)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".package-graph-") as scratch:
        draft = Path(scratch) / target.name
        _load(draft, packages, edges)
        draft.replace(target)
    return GraphSummary(nodes=len(packages), edges=len(edges), source=catalogue.source)


def reach(catalogue: Catalogue, *, max_edges: int) -> tuple[list[Package], list[Edge]]:
    """Follow the relations from the installed packages, nearest first, up to `max_edges` edges.

    Names of no known package (virtual ones, mostly) are left out.
    """
    found: dict[str, Package | None] = {name: catalogue.find(name) for name in catalogue.installed}
    edges: list[Edge] = []
    waiting = [package for package in found.values() if package is not None]
    for package in waiting:  # grows while it is walked
        for kind, name in dict.fromkeys(package.relations):
            if len(edges) == max_edges:
                break
            if name not in found:
                found[name] = catalogue.find(name)
                waiting.extend(filter(None, [found[name]]))
            if found[name] is not None and name != package.name:
                edges.append((package.name, name, kind))
    return waiting, edges


def _load(path: Path, packages: Sequence[Package], edges: Iterable[Edge]) -> None:
    nodes_csv, edges_csv = path.with_suffix(".nodes.csv"), path.with_suffix(".edges.csv")
    _write_csv(
        nodes_csv,
        ((p.name, p.version, p.section, p.installed_kib, p.installed, p.summary) for p in packages),
    )
    _write_csv(edges_csv, edges)
    with (
        ladybug.Database(path, buffer_pool_size=_BUFFER_POOL_BYTES) as database,
        ladybug.Connection(database) as connection,
    ):
        for statement in [
            _NODES,
            _EDGES,
            f'COPY Package FROM "{nodes_csv}" (header=false, auto_detect=false)',
            f'COPY DEPENDS_ON FROM "{edges_csv}" (header=false, auto_detect=false)',
            "CHECKPOINT",  # so that the data is in the one file and not in its log
        ]:
            connection.execute(statement)


def _write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
