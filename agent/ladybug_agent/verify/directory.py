"""The verb `verify`: the boot's checks of a snapshot by hand, each database on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ladybug_agent import __version__
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Cancelled, ConfigError, Refused, error_chain, reason
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.resources.contents.database import SUFFIX, Database
from ladybug_agent.resources.engine.open_check import ExpectedDatabases, check_open
from ladybug_agent.resources.engine.run import EngineRules
from ladybug_agent.resources.snapshot import ContentRules, verify_contents

SCHEMA = "ladybug.verify/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWith:
    """The local image whose engine also opens every database."""

    engine: ContainerEngine
    image_id: str
    rules: EngineRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one database."""

    name: str
    database: Database | None = None
    in_manifest: bool = False
    tables: Mapping[str, int | None] | None = None
    """Rows by table, by the engine; None if it was not asked."""
    error: AgentError | None = None

    def document(self) -> dict[str, Any]:
        found = self.database
        facts: dict[str, Any] = {"name": self.name, "good": self.error is None}
        if found is not None:
            facts |= {
                "size_bytes": found.size_bytes,
                "storage_version": found.header.storage_version,
                "database_uuid": found.header.database_uuid,
                "wal_bytes": found.wal.size_bytes if found.wal else None,
                "in_manifest": self.in_manifest,
                "tables": dict(self.tables) if self.tables is not None else None,
                "warnings": list(found.warnings),
            }
        if self.error is not None:
            why = reason(self.error) or self.error
            facts |= {"code": why.code, "message": str(why), "hint": why.hint}
            facts["error"] = error_chain(self.error)
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All that was found; `device` are facts of the block device, if one was asked about."""

    directory: Path
    results: tuple[Result, ...]
    depth: str
    device: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return all(result.error is None for result in self.results)

    def document(self) -> dict[str, Any]:
        """Return the JSON form; public API."""
        return {
            "schema": SCHEMA,
            "agent_version": __version__,
            "good": self.is_good,
            "directory": str(self.directory),
            "device": dict(self.device) or None,
            "depth": self.depth,
            "databases": [result.document() for result in self.results],
        }


def verify_directory(
    directory: Path, rules: ContentRules, opener: OpenWith | None, deadline: Deadline
) -> Verification:
    """Check each database of the directory, or those that the rules name; changes nothing.

    One that is bad does not hide the others. Blocks as long as the reads take.
    """
    names = rules.data.databases or database_names(directory)
    results = tuple(_verify_one(directory, name, rules, opener, deadline) for name in names)
    return Verification(directory=directory, results=results, depth=rules.data.verify_depth)


def find_databases(path: Path, databases_dir: str) -> Path:
    """Return the directory of databases that a path means: itself, or the one inside it."""
    if not path.is_dir():
        raise ConfigError(
            "verify_path_invalid",
            f"wanted a directory with databases, found none at {path}",
            hint="give the directory of the `.lbug` files, or the one that has it; for a block"
            " device: --device",
        )
    path = path.resolve()  # from here on no link is followed
    inner = path / databases_dir
    has_own = any(path.glob(f"*{SUFFIX}"))
    return inner if inner.is_dir() and not has_own else path


def database_names(directory: Path) -> tuple[str, ...]:
    """Return the names of all databases in the directory; raises Refused if there are none."""
    names = tuple(sorted(path.name.removesuffix(SUFFIX) for path in directory.glob(f"*{SUFFIX}")))
    if not names:
        raise Refused(
            "snapshot_without_databases",
            f"wanted a directory with databases, found no {SUFFIX} file in {directory}",
            hint="is it the right directory? name the databases that must be there with --database",
        )
    return names


def _verify_one(
    directory: Path, name: str, rules: ContentRules, opener: OpenWith | None, deadline: Deadline
) -> Result:
    only = replace(rules, data=replace(rules.data, databases=(name,)))
    try:
        contents = verify_contents(directory, only, deadline)
    except Cancelled:
        raise
    except AgentError as error:
        return Result(name=name, error=error)
    contract = contents.manifest.of(name) if contents.manifest else None
    result = Result(name=name, database=contents.databases[0], in_manifest=contract is not None)
    if opener is None:
        return result
    counts = {name: contract.tables} if contract and contract.tables is not None else {}
    expected = ExpectedDatabases(names=(name,), counts=counts, count_all=True)
    try:
        opened = check_open(
            opener.engine, opener.image_id, directory, expected, opener.rules, deadline
        )
    except AgentError as error:
        return replace(result, error=error)
    return replace(result, tables=opened.tables[name])
