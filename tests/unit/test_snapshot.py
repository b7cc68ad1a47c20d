"""The contents of the snapshot: real files, whole, as the manifest says, or refused."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import STARTED_AT, FakeClock
from fakes.databases import database_bytes
from fakes.evidence import a_mount
from fakes.instance import FakeEc2
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.resources.contents.database_file import PAGE_BYTES
from ladybug_agent.resources.contents.manifest import FILE_NAME, Manifest
from ladybug_agent.resources.snapshot import (
    ContentRules,
    PendingRecovery,
    VerifiedSnapshot,
    verify_contents,
    verify_snapshot,
)
from support.damage import flipped_bytes
from support.manifests import contract_of, manifest_of, write_manifest

UID = os.getuid()


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """The directory of databases on the volume, with a good `sec.lbug` in it."""
    directory = tmp_path / "databases"
    directory.mkdir()
    (directory / "sec.lbug").write_bytes(database_bytes())
    return directory


def look(directory: Path, uid: int = UID, **rules: object) -> VerifiedSnapshot | PendingRecovery:
    """Verify the volume that the directory lies on; `rules` are keys of `[data]`."""
    volume = directory.parent
    configured = {f"data.{key}": value for key, value in rules.items()}
    asked = ContentRules(data=a_config(volume, **configured).data, uid=uid)
    deadline = Deadline.after(60, FakeClock())
    return verify_snapshot(FakeEc2(), a_mount(volume), asked, STARTED_AT, deadline)


def verify(directory: Path, **rules: object) -> VerifiedSnapshot:
    found = look(directory, UID, **rules)
    assert isinstance(found, VerifiedSnapshot)
    return found


def refused(directory: Path, *, uid: int = UID, **rules: object) -> Refused:
    with pytest.raises(Refused) as caught:
        look(directory, uid, **rules)
    return caught.value


def test_a_whole_database_is_verified(databases: Path) -> None:
    found = verify(databases)
    assert [database.name for database in found.databases] == ["sec"]
    assert (found.directory, found.size_bytes) == (databases, 3 * PAGE_BYTES)
    assert (found.contents.manifest, found.contracts) == (None, ())
    assert found.generation == found.mount.generation


def test_every_expected_database_is_verified_in_order(databases: Path) -> None:
    (databases / "industry.lbug").write_bytes(database_bytes(pages=5))
    found = verify(databases, databases=("industry", "sec"))
    assert [database.name for database in found.databases] == ["industry", "sec"]
    assert found.size_bytes == 8 * PAGE_BYTES


def test_what_nobody_expects_is_not_looked_at(databases: Path) -> None:
    (databases / "scratch.lbug").write_bytes(b"")
    (databases / "scratch.lbug.shadow").write_bytes(b"")
    assert len(verify(databases).databases) == 1


def test_one_bad_database_spoils_the_snapshot(databases: Path) -> None:
    (databases / "industry.lbug").write_bytes(b"")
    error = refused(databases, databases=("sec", "industry"))
    assert (error.code, error.facts) == ("snapshot_database_empty", {"database": "industry"})


def test_verifying_leaves_no_file_open(databases: Path) -> None:
    write_manifest(databases, manifest_of(databases / "sec.lbug"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        verify(databases)
        refused(databases, databases=("industry",))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


@pytest.mark.parametrize(
    ("others", "ending"), [(9, "db08.lbug, sec.lbug"), (10, "db08.lbug, db09.lbug, …")]
)
def test_a_listing_is_cut_after_ten_names(others: int, ending: str, databases: Path) -> None:
    for number in range(others):
        (databases / f"db{number:02}.lbug").touch()
    assert str(refused(databases, databases=("industry",))).endswith(ending)


def test_a_missing_directory_is_refused_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    error = refused(tmp_path / "databases")
    assert error.code == "snapshot_directory_missing"
    assert "found lost+found on the volume" in str(error)


def test_an_empty_volume_is_refused(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    assert "found nothing on the volume" in str(refused(volume / "databases"))


def test_a_directory_that_is_a_symlink_is_refused(databases: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(databases)
    assert refused(databases, databases_dir="alias").code == "snapshot_directory_missing"


def test_databases_may_lie_deeper_or_at_the_top(databases: Path, tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.parent.mkdir()
    databases.rename(deep)
    assert verify(databases, databases_dir="a/b").directory == deep
    (deep / "sec.lbug").rename(tmp_path / "sec.lbug")
    assert verify(databases, databases_dir=".").size_bytes == 3 * PAGE_BYTES


def test_a_directory_that_the_container_cannot_enter_is_refused(databases: Path) -> None:
    databases.chmod(0o700)
    error = refused(databases, uid=UID + 4242)
    assert (error.code, "databases has mode 0700" in str(error)) == (
        "snapshot_unreadable_by_container",
        True,
    )


def test_a_directory_is_checked_by_hand_without_a_volume(databases: Path, tmp_path: Path) -> None:
    rules = ContentRules(data=a_config(tmp_path).data, uid=UID)
    contents = verify_contents(databases, rules, Deadline.after(60, FakeClock()))
    assert [database.name for database in contents.databases] == ["sec"]


def test_the_manifest_is_checked_and_kept(databases: Path) -> None:
    manifest = manifest_of(databases / "sec.lbug")
    write_manifest(databases, manifest)
    found = verify(databases, manifest="required")
    assert (found.contents.manifest, found.contracts) == (manifest, manifest.databases)
    assert (found.lineage.told_by, found.lineage.taken_at) == ("manifest", manifest.taken_at)


def test_what_a_manifest_says_of_others_is_not_looked_at(databases: Path) -> None:
    path = databases / "industry.lbug"
    path.write_bytes(database_bytes())
    write_manifest(databases, manifest_of(path, databases / "sec.lbug"))
    path.unlink()
    assert [contract.name for contract in verify(databases).contracts] == ["sec"]


def test_a_manifest_that_is_required_must_be_there(databases: Path) -> None:
    error = refused(databases, manifest="required")
    assert (error.code, str(error)) == (
        "snapshot_manifest_missing",
        f"wanted the manifest {databases / FILE_NAME}, found sec.lbug",
    )


@pytest.mark.parametrize("manifest", ["optional", "required"])
def test_a_manifest_that_is_there_counts(databases: Path, manifest: str) -> None:
    write_manifest(databases, manifest_of(databases / "sec.lbug"))
    flipped_bytes(databases / "sec.lbug", PAGE_BYTES + 100)
    assert refused(databases, manifest=manifest).code == "snapshot_database_altered"


def test_a_manifest_that_is_ignored_is_not_even_read(databases: Path) -> None:
    (databases / FILE_NAME).write_bytes(b"garbage")
    assert refused(databases).code == "snapshot_manifest_unreadable"
    found = verify(databases, manifest="ignore")
    assert (found.contents.manifest, found.lineage.told_by) == (None, "ec2")


@pytest.mark.parametrize(
    ("depth", "is_found"), [("names", False), ("sampled", False), ("full", True)]
)
def test_the_files_are_read_as_deeply_as_asked_for(
    databases: Path, depth: str, *, is_found: bool
) -> None:
    path = databases / "sec.lbug"
    path.write_bytes(database_bytes(pages=200))
    write_manifest(databases, manifest_of(path))
    flipped_bytes(path, 2 * PAGE_BYTES)  # not among the 64 pages of 200 that are sampled
    if is_found:
        assert refused(databases, verify_depth=depth).code == "snapshot_database_altered"
    else:
        verify(databases, verify_depth=depth)


def test_a_stale_snapshot_is_served_as_degraded(databases: Path) -> None:
    contract = contract_of(databases / "sec.lbug")
    old = Manifest(taken_at=STARTED_AT - timedelta(days=8), databases=(contract,))
    assert verify(databases).degraded_reasons == ()
    write_manifest(databases, old)
    assert verify(databases).degraded_reasons == ("stale_snapshot",)
    assert refused(databases, on_stale_snapshot="refuse").code == "snapshot_stale"


def test_a_cut_checkpoint_is_refused_unless_recovery_is_asked_for(databases: Path) -> None:
    (databases / "sec.lbug.shadow").touch()
    (databases / "sec.lbug.wal.checkpoint").touch()
    error = refused(databases)
    assert (error.code, error.facts) == ("snapshot_recovery_pending", {"database": "sec"})
    assert "is sec.lbug.shadow and sec.lbug.wal.checkpoint" in str(error)
    found = look(databases, on_pending_recovery="recover")
    assert isinstance(found, PendingRecovery)
    assert [database.name for database in found.databases] == ["sec"]


def test_only_databases_with_a_cut_checkpoint_are_recovered(databases: Path) -> None:
    (databases / "industry.lbug").write_bytes(database_bytes())
    (databases / "industry.lbug.shadow").touch()
    found = look(databases, databases=("sec", "industry"), on_pending_recovery="recover")
    assert isinstance(found, PendingRecovery)
    assert [database.name for database in found.databases] == ["industry"]


def test_a_database_beside_a_cut_checkpoint_must_be_whole_too(databases: Path) -> None:
    (databases / "sec.lbug.shadow").touch()
    (databases / "industry.lbug").write_bytes(b"")
    error = refused(databases, databases=("sec", "industry"), on_pending_recovery="recover")
    assert error.code == "snapshot_database_empty"
