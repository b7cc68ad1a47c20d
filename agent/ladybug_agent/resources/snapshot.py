"""The snapshot's contents: every expected database there, whole, and as the manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.ports.storage import Ec2
from ladybug_agent.resources.contents.database import Database, verify_database
from ladybug_agent.resources.contents.directory import opened_directory, refuse_unreadable
from ladybug_agent.resources.contents.manifest import FILE_NAME, DatabaseContract, Manifest
from ladybug_agent.resources.contents.manifest_check import check_database, read_manifest
from ladybug_agent.resources.lineage import Lineage, inspect_lineage
from ladybug_agent.resources.mount import DataMount


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """What is asked of a directory of databases."""

    data: DataConfig
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Every expected database, as found in a directory, and the manifest if there is one."""

    directory: Path
    databases: tuple[Database, ...]
    manifest: Manifest | None

    @property
    def pending(self) -> tuple[Database, ...]:
        """Databases with an unfinished checkpoint."""
        return tuple(database for database in self.databases if database.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSnapshot:
    """Evidence: every expected database is on the mounted volume, whole by its own header.

    And, where there is a manifest, as the manifest says, to the configured depth.
    """

    mount: DataMount
    contents: Contents
    lineage: Lineage

    @property
    def instance(self) -> InstanceIdentity:
        return self.mount.device.volume.instance

    @property
    def directory(self) -> Path:
        return self.contents.directory

    @property
    def databases(self) -> tuple[Database, ...]:
        return self.contents.databases

    @property
    def contracts(self) -> tuple[DatabaseContract, ...]:
        """What the manifest says of the expected databases; nothing without one."""
        known = self.contents.manifest
        found = [known.of(d.name) for d in self.databases] if known else []
        return tuple(contract for contract in found if contract is not None)

    @property
    def generation(self) -> str:
        return self.mount.generation

    @property
    def size_bytes(self) -> int:
        return sum(database.size_bytes for database in self.databases)

    @property
    def degraded_reasons(self) -> tuple[str, ...]:
        return ("stale_snapshot",) if self.lineage.is_stale else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRecovery:
    """Evidence: the snapshot is whole, but for a checkpoint that a writing engine must finish.

    Exists only where `data.on_pending_recovery` allows that.
    """

    mount: DataMount
    databases: tuple[Database, ...]


def verify_snapshot(
    ec2: Ec2, mount: DataMount, rules: ContentRules, now: datetime, deadline: Deadline
) -> VerifiedSnapshot | PendingRecovery:
    """Check every expected database and the snapshot's age; changes nothing.

    Touches a few pages of each file, or all of it with `data.verify_depth = "full"`.
    """
    contents = verify_contents(mount.path / rules.data.databases_dir, rules, deadline, mount.path)
    if contents.pending:
        return PendingRecovery(mount=mount, databases=contents.pending)
    volume = mount.device.volume
    lineage = inspect_lineage(ec2, volume, contents.manifest, rules.data, now)
    return VerifiedSnapshot(mount=mount, contents=contents, lineage=lineage)


def verify_contents(
    directory: Path, rules: ContentRules, deadline: Deadline, root: Path | None = None
) -> Contents:
    """Check a directory of databases, reached from `root` without leaving its filesystem."""
    start = root or directory
    with opened_directory(start, str(directory.relative_to(start))) as opened:
        refuse_unreadable(directory, opened.status(), rules.uid)
        databases = tuple(verify_database(opened, name, rules.uid) for name in rules.data.databases)
        for database in databases:
            _judge_pending(database, rules.data)
        manifest = None if rules.data.manifest == "ignore" else read_manifest(opened)
        if manifest is None and rules.data.manifest == "required":
            raise Refused(
                "snapshot_manifest_missing",
                f"wanted the manifest {directory / FILE_NAME}, found {opened.listing()}",
                hint="write it with `ladybug-agent verify --write-manifest` when the snapshot is"
                ' taken, or set `data.manifest = "optional"`',
            )
        if manifest is not None:
            for database in databases:
                check_database(opened, database, manifest, rules.data.verify_depth, deadline)
    return Contents(directory=directory, databases=databases, manifest=manifest)


def _judge_pending(database: Database, rules: DataConfig) -> None:
    if database.pending and rules.on_pending_recovery == "refuse":
        raise Refused(
            "snapshot_recovery_pending",
            f"the snapshot cut a checkpoint of {database.name} in two: beside"
            f" {database.file_name} is {' and '.join(database.pending)}",
            hint="no engine opens it read-only: checkpoint and stop the writer before the snapshot,"
            ' or set `data.on_pending_recovery = "recover"`',
            database=database.name,
        )
