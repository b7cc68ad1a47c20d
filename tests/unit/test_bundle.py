"""A bundle holds what it says, within its limits, whatever fails, and no secret."""

from __future__ import annotations

import argparse
import io
import json
import os
import stat
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fakes.build import a_config
from fakes.bundle import FakeBundleStore, FakePrograms
from fakes.clock import STARTED_AT, FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.command_line.bundle_target import BundleTarget, bundle_target
from ladybug_agent.diagnose.bundle.collect import Limits
from ladybug_agent.diagnose.bundle.contents import Sources
from ladybug_agent.diagnose.bundle.make import Request, make_bundle
from ladybug_agent.errors import AgentError, DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.ports.bundle import BundleWorld
from support.canaries import ECR_PASSWORD, PASSWORD, PEM_BODY

INSTANCE = "i-0123456789abcdef0"
NAME = f"ladybug-{INSTANCE}-20260206T120000Z"


@dataclass
class Scene:
    """An instance to make bundles of, below a directory."""

    tmp_path: Path
    programs: FakePrograms = field(default_factory=FakePrograms)
    store: FakeBundleStore = field(default_factory=FakeBundleStore)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=lambda: Limits(free_bytes=0, total_bytes=10**6))
    texts: dict[str, str] = field(default_factory=lambda: {"diagnosis.txt": "LBDIAG/1 PASS\n"})

    def __post_init__(self) -> None:
        self.state = self.tmp_path / "run"
        self.write("run/bootstrap.json", '{"outcome": "registered"}')
        self.write("run/evidence/old.log", f"said {PASSWORD}")
        self.write("boots/b1.json", "{}")
        self.write("config.toml", 'schema = 1\nplug_token = "hunter2-hunter2"\n')
        self.write("proc/self/mountinfo", "22 1 259:1 / / rw - xfs /dev/root rw\n")
        (self.tmp_path / "out").mkdir()

    def write(self, name: str, text: str) -> None:
        path = self.tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make(self, target: BundleTarget | None = None) -> str:
        places = {"state_dir": self.state, "boots_dir": self.tmp_path / "boots"}
        rules = {f"instance.{name}": str(path) for name, path in places.items()}
        sources = Sources(
            config=a_config(self.tmp_path, **rules),
            config_file=self.tmp_path / "config.toml",
            texts=self.texts,
            root=self.tmp_path,
        )
        request = Request(
            target=target or BundleTarget(file=self.tmp_path / "out" / "b.tar.gz"),
            sources=sources,
            instance=INSTANCE,
            taken_at=STARTED_AT,
            limits=self.limits,
            scratch=self.tmp_path / "out",
        )
        world = BundleWorld(run=self.programs, store=lambda: self.store)
        return make_bundle(request, world, Deadline.after(1000, self.clock))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def files_in(data: bytes) -> dict[str, str]:
    """Return names and texts, without the directory that they are all in."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            member.name.removeprefix(f"{NAME}/"): file.read().decode()
            for member in archive
            if (file := archive.extractfile(member))
        }


def made(scene: Scene) -> tuple[dict[str, str], dict[str, Any]]:
    """Make a bundle; return its files and what its manifest says of each."""
    files = files_in(Path(scene.make()).read_bytes())
    manifest = json.loads(files["manifest.json"])
    return files, {entry["name"]: entry for entry in manifest["files"]}


def test_a_bundle_holds_what_its_manifest_says(scene: Scene) -> None:
    files, entries = made(scene)
    assert next(iter(files)) == "manifest.json"
    assert set(files) - {"manifest.json"} == set(entries)
    assert {name: entry["bytes"] for name, entry in entries.items()} == {
        name: len(text.encode()) for name, text in files.items() if name != "manifest.json"
    }
    assert files["diagnosis/diagnosis.txt"] == "LBDIAG/1 PASS\n"
    assert files["records/bootstrap.json"] == '{"outcome": "registered"}'
    assert files["storage/mountinfo.txt"].startswith("22 1 259:1")
    assert files["storage/filesystems.txt"] == "blkid printed this\n"
    assert {"records/boots/b1.json", "journal/previous-boot.txt"} <= set(files)


def test_the_manifest_says_who_when_and_of_which_version(scene: Scene) -> None:
    files, _ = made(scene)
    manifest = json.loads(files["manifest.json"])
    assert manifest["schema"] == "ladybug.bundle/1"
    assert (manifest["instance_id"], manifest["taken_at"]) == (INSTANCE, "2026-02-06T12:00:00Z")
    assert set(manifest["versions"]) == {"ladybug-agent", "python", "kernel", "architecture"}
    assert manifest["redactions"] >= 5


def test_no_secret_is_in_a_bundle(scene: Scene) -> None:
    scene.texts["diagnosis.html"] = f"<p>{PASSWORD}</p>"
    files, entries = made(scene)
    told = "\n".join(files.values())
    planted = [PASSWORD, "hunter2", ECR_PASSWORD.decode()[:40], *PEM_BODY]
    assert [secret for secret in planted if secret in told] == []
    assert "LOG_LEVEL=[masked]" in files["container/inspect.json"]
    assert "FLAG" in files["container/inspect.json"]
    assert files["records/evidence/old.log"] == "said [redacted]"
    assert entries["container/log.txt"]["redactions"] == 2


def test_user_data_is_not_collected(scene: Scene) -> None:
    _, entries = made(scene)
    sources = " ".join([*scene.programs.ran, *(entry["source"] for entry in entries.values())])
    assert "user-data" not in sources
    assert "/var/lib/cloud" not in sources


def test_what_fails_is_told_and_the_rest_is_there(scene: Scene) -> None:
    scene.programs.failing["lsblk"] = ExternalFailure(
        "command_missing", "no `lsblk`", hint="get it"
    )
    scene.programs.failing["blkid"] = DeadlineExceeded("deadline_exceeded", "ran out of time")
    scene.programs.prints.insert(0, ("dmesg", b"not permitted\n", 1))
    scene.programs.prints.insert(0, ("inspect", b"no JSON", 0))
    files, entries = made(scene)
    assert entries["storage/disks.json"]["why"] == "command_missing: no `lsblk` (get it)"
    assert entries["storage/filesystems.txt"]["why"] == "deadline_exceeded: ran out of time"
    assert entries["kernel/messages.txt"]["why"] == "ended with status 1"
    assert files["kernel/messages.txt"] == "not permitted\n"
    assert entries["container/inspect.json"]["why"].startswith("support_bundle_source_garbled")
    assert entries["machine/release.txt"]["why"] == "No such file or directory"
    assert entries["network/routes.txt"]["outcome"] == "whole"
    failed = json.loads(files["manifest.json"])["failed"]
    assert {"storage/disks.json", "machine/release.txt"} <= set(failed)


def test_a_file_is_cut_at_its_limit(scene: Scene) -> None:
    scene.limits = replace(scene.limits, total_bytes=100_000)
    scene.programs.prints.insert(0, ("journalctl", b"line after line\n" * 20_000, 0))
    scene.programs.chunk_bytes = 4096
    files, entries = made(scene)
    assert entries["journal/this-boot.txt"]["outcome"] == "cut"
    assert entries["journal/previous-boot.txt"] == {
        **entries["journal/previous-boot.txt"],
        "outcome": "left out",
        "why": "the bundle has its 100000 bytes",
    }
    assert sum(entry["bytes"] for entry in entries.values()) == 100_000
    assert "journal/previous-boot.txt" not in files


def test_what_the_time_does_not_reach_is_left_out(scene: Scene) -> None:
    scene.limits = replace(scene.limits, all_s=0.0)
    _, entries = made(scene)
    assert {entry["outcome"] for entry in entries.values()} == {"left out"}
    assert {entry["why"] for entry in entries.values()} == {"the time was up"}


def test_what_is_no_regular_file_is_not_read(scene: Scene) -> None:
    os.mkfifo(scene.state / "pipe.json")
    _, entries = made(scene)
    assert entries["records/pipe.json"]["why"] == "no regular file"


def test_only_its_owner_may_read_a_bundle_or_what_is_in_it(scene: Scene) -> None:
    path = Path(scene.make())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as archive:
        assert {(m.mode, m.uid, m.gid, m.uname, m.gname) for m in archive} == {
            (0o600, 0, 0, "", "")
        }


def test_the_same_files_give_the_same_bundle(scene: Scene) -> None:
    first = Path(scene.make(BundleTarget(file=scene.tmp_path / "out" / "1")))
    second = Path(scene.make(BundleTarget(file=scene.tmp_path / "out" / "2")))
    assert first.read_bytes() == second.read_bytes()


def test_a_directory_gets_a_bundle_with_a_name_of_its_own(scene: Scene) -> None:
    out = scene.tmp_path / "out"
    assert scene.make(BundleTarget(file=out)) == str(out / f"{NAME}.tar.gz")
    assert [path.name for path in out.iterdir()] == [f"{NAME}.tar.gz"]


def test_a_bundle_for_s3_leaves_nothing_behind(scene: Scene) -> None:
    uri = scene.make(BundleTarget(bucket="support", prefix="a/b"))
    assert uri == f"s3://support/a/b/{NAME}.tar.gz"
    assert "manifest.json" in files_in(scene.store.objects[f"support/a/b/{NAME}.tar.gz"])
    assert list((scene.tmp_path / "out").iterdir()) == []


def test_an_upload_that_is_refused_leaves_nothing_behind(scene: Scene) -> None:
    scene.store.refuses = True
    with pytest.raises(ExternalFailure, match="s3:PutObject"):
        scene.make(BundleTarget(bucket="support"))
    assert list((scene.tmp_path / "out").iterdir()) == []


def test_a_file_that_is_there_is_never_replaced(scene: Scene) -> None:
    scene.write("out/b.tar.gz", "mine")
    with pytest.raises(Refused, match="wanted to write a new file") as caught:
        scene.make()
    assert caught.value.code == "support_bundle_exists"
    assert (scene.tmp_path / "out" / "b.tar.gz").read_text() == "mine"


def test_nothing_is_collected_on_a_disk_that_is_nearly_full(scene: Scene) -> None:
    scene.limits = replace(scene.limits, free_bytes=10**18)
    with pytest.raises(Refused, match="bytes free in") as caught:
        scene.make()
    assert caught.value.code == "support_bundle_no_room"
    assert scene.programs.ran == []


def test_three_times_the_limit_must_be_free() -> None:
    assert Limits(total_bytes=10**9).needed_bytes == 3 * 10**9
    assert Limits().needed_bytes == 1024**3


def test_a_directory_that_is_not_there_is_an_error_of_ours(scene: Scene) -> None:
    with pytest.raises(AgentError, match="cannot write a bundle in") as caught:
        scene.make(BundleTarget(file=scene.tmp_path / "nowhere" / "b"))
    assert caught.value.code == "support_bundle_unwritable"


@pytest.mark.parametrize(
    "text", ["", "-", "--", "s3://", "s3://A_B/x", "s3://a/\u00e4", "http://x/y"]
)
def test_what_is_neither_a_file_nor_a_bucket_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"^wanted "):
        bundle_target(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("/tmp/b.tar.gz", BundleTarget(file=Path("/tmp/b.tar.gz"))),
        ("s3://bucket-1", BundleTarget(bucket="bucket-1")),
        ("s3://bucket-1/a/b/", BundleTarget(bucket="bucket-1", prefix="a/b")),
    ],
)
def test_a_file_and_a_prefix_in_a_bucket_are_told_apart(text: str, target: BundleTarget) -> None:
    assert bundle_target(text) == target
