"""The verb `verify` on directories, through the door of the program."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fakes.databases import database_bytes
from ladybug_agent.cli import main
from ladybug_agent.resources.contents.manifest import FILE_NAME

NOWHERE = ["--config", "/nonexistent/config.toml"]


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """Return a directory, such as a volume's root, with two good databases in `databases`."""
    directory = tmp_path / "databases"
    directory.mkdir()
    for name, pages in (("sec", 3), ("fred", 200)):
        (directory / f"{name}.lbug").write_bytes(database_bytes(pages=pages))
    return directory


def verify(*arguments: object) -> int:
    return main(["verify", *map(str, arguments), *NOWHERE])


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def last_error(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return found


def change_byte(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff")


def test_good_databases_are_good(databases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(databases, "--format", "json") == 0
    found = answer(capsys)
    assert (found["schema"], found["good"], found["device"]) == ("ladybug.verify/1", True, None)
    assert [d["name"] for d in found["databases"]] == ["fred", "sec"]
    assert found["databases"][1]["storage_version"] == 41


def test_the_root_of_a_volume_means_its_databases_directory(
    databases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(databases.parent) == 0
    assert capsys.readouterr().out.startswith(f"good: {databases}\n")


def test_one_that_is_bad_does_not_hide_the_others(
    databases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (databases / "fred.lbug").write_bytes(b"")
    assert verify(databases) == 1
    said = capsys.readouterr().out
    assert "  BAD fred: snapshot_database_empty: " in said
    assert "  ok  sec: " in said
    assert "      to do: " in said


def test_a_database_that_must_be_there_and_is_not_is_bad(
    databases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(databases, "--database", "sec", "--database", "edgar", "--format", "json") == 1
    bad = next(d for d in answer(capsys)["databases"] if not d["good"])
    assert (bad["name"], bad["code"]) == ("edgar", "snapshot_database_missing")


def test_a_directory_without_databases_is_not_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tmp_path) == 1
    assert last_error(capsys)["code"] == "snapshot_without_databases"


def test_what_is_no_directory_is_a_wrong_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tmp_path / "nothing") == 2
    assert last_error(capsys)["code"] == "verify_path_invalid"


def test_a_link_to_a_directory_is_followed(databases: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(databases)
    assert verify(tmp_path / "link") == 0


def test_without_a_place_it_is_the_mounted_volume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        'schema = 1\n[instance]\nenvironment = "test"\n[data]\ndatabases = ["sec"]\n'
        f'mount_point = "{tmp_path}"\n[container]\nimage = "x:1"\n[registry]\ntable = "rows"\n'
    )
    assert main(["verify", "--config", str(config)]) == 1
    assert last_error(capsys)["code"] == "verify_nothing_mounted"


def test_a_device_needs_root(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert verify("--device", tmp_path / "disk") == 2
    assert last_error(capsys)["code"] == "not_root"


@pytest.mark.parametrize("depth", ["names", "sampled", "full"])
def test_a_manifest_that_it_wrote_holds_at_every_depth(
    depth: str, databases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify("--write-manifest", databases) == 0
    assert capsys.readouterr().out.endswith(f"wrote {databases / FILE_NAME}\n")
    assert verify(databases, "--depth", depth, "--format", "json") == 0
    assert all(d["in_manifest"] for d in answer(capsys)["databases"])


def test_a_manifest_is_readable_by_the_containers_user(databases: Path) -> None:
    verify("--write-manifest", databases)
    assert (databases / FILE_NAME).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("depth", "status"), [("names", 0), ("sampled", 0), ("full", 1)])
def test_one_changed_byte_between_the_samples_is_found_by_full_only(
    depth: str, status: int, databases: Path
) -> None:
    assert verify("--write-manifest", databases) == 0
    sampled = {int(o) for o in manifest_of(databases)["fred"]["file"]["samples"]}
    between = next(page for page in range(1, 200) if page * 4096 not in sampled)
    change_byte(databases / "fred.lbug", between * 4096 + 17)
    assert verify(databases, "--depth", depth) == status


def test_a_changed_sample_is_named(databases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--write-manifest", databases) == 0
    change_byte(databases / "fred.lbug", 199 * 4096)
    assert verify(databases) == 1
    said = capsys.readouterr().out
    assert f"BAD fred: snapshot_database_altered: the page at byte {199 * 4096} of " in said
    assert "ok  sec" in said


def test_no_manifest_is_written_for_what_is_bad(databases: Path) -> None:
    (databases / "sec.lbug").write_bytes(database_bytes()[:4096])
    assert verify("--write-manifest", databases) == 1
    assert not (databases / FILE_NAME).exists()


def test_an_old_manifest_is_replaced(databases: Path) -> None:
    verify("--write-manifest", databases)
    (databases / "sec.lbug").write_bytes(database_bytes(pages=5))
    assert verify(databases) == 1
    assert verify("--write-manifest", databases) == 0
    assert verify(databases, "--depth", "full") == 0


def test_a_manifest_that_cannot_be_written_says_where(
    databases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (databases / FILE_NAME).mkdir()
    assert verify("--write-manifest", databases) == 1
    error = last_error(capsys)
    assert (error["code"], str(databases) in error["message"]) == ("manifest_not_written", True)


def test_places_exclude_each_other(databases: Path) -> None:
    with pytest.raises(SystemExit) as left:
        verify(databases, "--device", "/dev/null")
    assert left.value.code == 2


def manifest_of(databases: Path) -> dict[str, Any]:
    document = json.loads((databases / FILE_NAME).read_text())
    return {entry["name"]: entry for entry in document["databases"]}
