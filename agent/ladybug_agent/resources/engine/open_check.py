"""The deep check of a snapshot: the image's own engine opens every database and answers a query.

The header of a file says little about its pages: a damaged one may make the engine fail, or crash.
That must happen here, in a container that is thrown away, and not in the one that serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.resources.engine.run import (
    NO_ENGINE_STATUS,
    EngineReport,
    EngineRules,
    EngineTask,
    RowCounts,
    ask_engine,
)

ANOTHER = "deploy another snapshot, and look at how this one was taken"
NOT_POSSIBLE_HINT = (
    "set `container.python` to the Python in the image that has the engine, or"
    " `data.open_check = false` to do without this check"
)
# A shell's way to say that it cannot run a program, or cannot find it.
NO_PROGRAM_STATUSES = {126, 127}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDatabases:
    """What is asked of the databases in a directory."""

    names: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Rows wanted, by database and table; tables that are not in it may have any number."""
    count_all: bool = False
    """Count the rows of every table, also where none are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDatabases:
    """Evidence: the image's own engine opened every database read-only and answered a query."""

    tables: Mapping[str, RowCounts]
    engine: str
    """Its name and version, such as `ladybug 0.22.0`."""


def check_open(
    engine: ContainerEngine,
    image_id: str,
    directory: Path,
    expected: ExpectedDatabases,
    rules: EngineRules,
    deadline: Deadline,
) -> OpenedDatabases:
    """Open the databases one after the other, in a container without network over a read-only bind.

    Blocks for a fraction of a second, or as long as a slow volume needs. Refused if the engine
    does not open a database, crashes over it, or counts other rows than wanted; ExternalFailure if
    the image cannot be asked.
    """
    task = EngineTask(
        act="open",
        databases=expected.names,
        counted={
            name: True if expected.count_all else tuple(expected.counts.get(name, ()))
            for name in expected.names
        },
    )
    try:
        report = ask_engine(engine, image_id, directory, task, rules, deadline)
    except ExternalFailure as error:
        if error.code == "container_program_missing":
            raise _not_possible(f"found no program `{rules.python}`") from error
        raise
    if failure := _failure(report, rules):
        raise failure
    if report.result.exit_code or not report.engine or set(report.tables) != set(expected.names):
        raise _garbled(report)
    _refuse_without_tables(report)
    _refuse_other_counts(expected, report)
    return OpenedDatabases(tables=report.tables, engine=report.engine)


def _refuse_without_tables(report: EngineReport) -> None:
    """Refuse a database that opens and holds nothing: a replica of it would look healthy."""
    for name, tables in report.tables.items():
        if not tables:
            raise Refused(
                "snapshot_database_without_tables",
                f"the engine opened the database {name}, and found no table in it",
                hint=f'{ANOTHER}; a first deployment without data sets `data.mode = "empty"`',
                database=name,
            )


def _failure(report: EngineReport, rules: EngineRules) -> AgentError | None:
    """Return what went wrong in a way that is known, or None."""
    result = report.result
    if result.oom_killed or result.signal == "SIGKILL":
        return _out_of_memory(report, rules)
    if result.signal:
        return _crash(report)
    if result.exit_code == NO_ENGINE_STATUS and report.error:
        return _not_possible(f"found no engine in `{rules.python}`: {report.error}")
    if result.exit_code in NO_PROGRAM_STATUSES:
        return _not_possible(f"`{rules.python}` cannot run: {report.words}")
    if result.exit_code and report.error:
        return _refused_by_engine(report.at, report.error)
    return None


def _crash(report: EngineReport) -> AgentError:
    signal = report.result.signal
    if not report.at:
        return _not_possible(f"found one that ends with {signal}: {report.words}")
    return Refused(
        "snapshot_database_crashes_engine",
        f"the engine crashed with {signal} over the database {report.at}; its last words:"
        f" {report.words}",
        hint=ANOTHER,
        database=report.at,
        signal=signal,
    )


def _refused_by_engine(database: str, said: str) -> Refused:
    told = f"the engine does not open the database {database}: {said}"
    if "checkpoint recovery is pending" in said:
        return Refused(
            "snapshot_recovery_pending",
            told,
            hint="the snapshot was taken in the middle of a checkpoint: deploy another one, or set"
            ' `data.on_pending_recovery = "recover"`',
            database=database,
        )
    if "with a different version" in said:
        return Refused(
            "storage_version_unreadable",
            told,
            hint="deploy the image whose engine wrote the database, or a snapshot made with this"
            " image's engine",
            database=database,
        )
    return Refused("snapshot_database_will_not_open", told, hint=ANOTHER, database=database)


def _out_of_memory(report: EngineReport, rules: EngineRules) -> ExternalFailure:
    during = f"over the database {report.at}" if report.at else "between databases"
    why = "memory ran out" if report.result.oom_killed else "nobody says why"
    return ExternalFailure(
        "open_check_out_of_memory",
        f"the open check was killed {during}, with {rules.memory_bytes // 1024**2} MiB: {why}",
        hint="raise `container.memory_bytes` or use a larger instance; if that does not help, the"
        " database is damaged: such a one can ask for any amount",
        database=report.at,
    )


def _not_possible(found: str) -> ExternalFailure:
    return ExternalFailure(
        "open_check_not_possible",
        f"wanted the image's own engine to open the databases, {found}",
        hint=NOT_POSSIBLE_HINT,
    )


def _garbled(report: EngineReport) -> ExternalFailure:
    done = ", ".join(report.tables) or "no database"
    return ExternalFailure(
        "open_check_garbled",
        f"the open check ended with exit code {report.result.exit_code} and a report of {done};"
        f" its last words: {report.words}",
        hint=NOT_POSSIBLE_HINT,
        exit_code=report.result.exit_code,
    )


def _refuse_other_counts(expected: ExpectedDatabases, report: EngineReport) -> None:
    for name in expected.names:
        for table, wanted in expected.counts.get(name, {}).items():
            found = report.tables[name].get(table)
            if found != wanted:
                raise Refused(
                    "snapshot_counts_differ",
                    f"table {table} of database {name}: wanted {wanted} rows,"
                    f" found {'no such table' if found is None else found}",
                    hint=ANOTHER,
                    database=name,
                    table=table,
                    wanted=wanted,
                    found=found,
                )
