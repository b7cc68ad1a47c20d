"""A bundle: what is in it, and that its bytes follow from its sources alone."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent import __version__
from ladybug_agent.errors import ConfigError, ExternalFailure, Refused
from ladybug_fleet.bundle.build import build_bundle, write_bundle
from ladybug_fleet.bundle.check import CheckedBundle, check_file
from ladybug_fleet.bundle.checkout import PARTS, open_checkout
from ladybug_fleet.bundle.lock import lock_text, read_lock
from ladybug_fleet.bundle.tools import require_tools
from support.bundles import LOCK, Workshop, small_workshop
from support.wheels import make_wheel

TOP = f"ladybug-agent-{__version__}"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return small_workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def bundle(workshop: Workshop) -> CheckedBundle:
    return build_bundle(workshop.checkout, workshop.wheels, None)


@pytest.fixture(scope="module")
def entries(bundle: CheckedBundle) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    """Every file by its path below the top directory, as Python's own tar reader sees it."""
    with tarfile.open(fileobj=BytesIO(bundle.data)) as archive:
        return {
            entry.name.removeprefix(f"{TOP}/"): (entry, _bytes(archive, entry))
            for entry in archive.getmembers()
            if entry.isfile()
        }


def _bytes(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    assert file
    return file.read()


def manifest_of(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entries["manifest.json"][1])
    return found


@pytest.mark.thorough
def test_two_builds_give_the_same_bytes(workshop: Workshop, bundle: CheckedBundle) -> None:
    assert build_bundle(workshop.checkout, workshop.wheels, None).data == bundle.data


@pytest.mark.thorough
def test_time_umask_modes_locale_and_directory_change_nothing(
    tmp_path: Path, bundle: CheckedBundle
) -> None:
    workshop = small_workshop(tmp_path)
    for path in workshop.checkout.root.rglob("*"):
        path.chmod(0o700 if path.stat().st_mode & 0o100 else 0o600)
        os.utime(path, (10**9, 10**9))
    done = subprocess.run(
        [
            *("sh", "-c", 'umask 077; exec "$@"', "sh"),
            *(sys.executable, "-m", "ladybug_fleet.cli", "build", "--offline"),
            *("--wheels", str(workshop.wheels), "--output", "out", "--format", "json"),
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env={
            "PYTHONPATH": str(workshop.checkout.root / "agent"),
            "PATH": os.environ["PATH"],
            "COLUMNS": "173",
            "GITHUB_OUTPUT": str(tmp_path / "outputs"),
            "LC_ALL": "POSIX",
            "SOURCE_DATE_EPOCH": "1234567890",
            "TZ": "Asia/Kathmandu",
        },
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["schema"], told["sha256"]) == ("ladybug.fleet-build/1", bundle.sha256)
    outputs = (tmp_path / "outputs").read_text()
    assert [told[name] in outputs for name in ("version", "sha256", "bundle")] == [True] * 3


def test_the_parts_are_where_the_installer_looks_for_them(
    entries: dict[str, tuple[tarfile.TarInfo, bytes]],
) -> None:
    assert {
        "LICENSE",
        "cloudwatch/amazon-cloudwatch-agent.json",
        "completion/bash/ladybug-agent",
        "completion/bash/ladybug-fleet",
        "completion/zsh/_ladybug-agent",
        "completion/zsh/_ladybug-fleet",
        "install",
        "journald/50-ladybug-agent.conf",
        "logrotate/ladybug-agent",
        "man/ladybug-agent.1",
        "man/ladybug-fleet.1",
        "manifest.json",
        "requirements.txt",
        "sbom.cdx.json",
        "systemd/ladybug-health.timer",
        f"wheels/ladybug_agent-{__version__}-py3-none-any.whl",
    } <= set(entries)


def test_all_is_below_one_directory_owned_by_root_and_undated(bundle: CheckedBundle) -> None:
    with tarfile.open(fileobj=BytesIO(bundle.data)) as archive:
        found = archive.getmembers()
    assert {entry.name.partition("/")[0] for entry in found} == {TOP}
    assert {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in found} == {
        (0, 0, "root", "root", 0)
    }
    assert [entry.name for entry in found if not (entry.isfile() or entry.isdir())] == []


def test_directories_come_before_what_is_in_them(bundle: CheckedBundle) -> None:
    with tarfile.open(fileobj=BytesIO(bundle.data)) as archive:
        names = archive.getnames()
    early = [name for name in names if "/" in name and name.rpartition("/")[0] not in names]
    assert early == []
    assert names.index(TOP) == 0


def test_a_program_can_be_run_and_nothing_else(
    entries: dict[str, tuple[tarfile.TarInfo, bytes]],
) -> None:
    modes = {name: entry.mode for name, (entry, _) in entries.items()}
    assert set(modes.values()) == {0o755, 0o644}
    assert (modes["install"], modes["manifest.json"]) == (0o755, 0o644)


def test_the_manifest_is_true(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
    true = [
        {
            "path": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "mode": f"{entry.mode:04o}",
        }
        for name, (entry, data) in sorted(entries.items())
        if name != "manifest.json"
    ]
    manifest = manifest_of(entries)
    assert manifest["files"] == true
    assert (manifest["schema"], manifest["version"], manifest["requires_python"]) == (
        "ladybug.bundle/1",
        __version__,
        ">=3.11",
    )


def test_the_requirements_pin_every_wheel_that_is_there(
    entries: dict[str, tuple[tarfile.TarInfo, bytes]],
) -> None:
    hashes = [
        line.rpartition(":")[2]
        for line in entries["requirements.txt"][1].decode().splitlines()
        if "--hash" in line
    ]
    wheels = [data for name, (_, data) in entries.items() if name.startswith("wheels/")]
    assert sorted(hashes) == sorted(hashlib.sha256(data).hexdigest() for data in wheels)
    assert f"ladybug-agent=={__version__} \\\n" in entries["requirements.txt"][1].decode()


def own_wheel(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> zipfile.ZipFile:
    name = f"wheels/ladybug_agent-{__version__}-py3-none-any.whl"
    return zipfile.ZipFile(BytesIO(entries[name][1]))


def test_the_lab_stays_at_home(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
    with own_wheel(entries) as wheel:
        names = wheel.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {
        "ladybug_agent",
        "ladybug_fleet",
    }
    assert "ladybug_agent/adapters/aws_models/ec2/2016-11-15/service-2.json" in names


def test_the_own_wheel_is_whole(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
    with own_wheel(entries) as wheel:
        assert wheel.testzip() is None
        record = wheel.read(f"ladybug_agent-{__version__}.dist-info/RECORD").decode()
        names = set(wheel.namelist())
    assert {line.split(",")[0] for line in record.splitlines()} == names


def test_finding_18_the_version_is_in_the_wheel_and_in_the_names(
    bundle: CheckedBundle, entries: dict[str, tuple[tarfile.TarInfo, bytes]]
) -> None:
    with own_wheel(entries) as wheel:
        metadata = wheel.read(f"ladybug_agent-{__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {__version__}\n" in metadata
    assert bundle.filename == f"ladybug-agent-{__version__}.tar.gz"


def test_the_bundle_is_written_with_its_check_sum(bundle: CheckedBundle, tmp_path: Path) -> None:
    written = write_bundle(bundle, tmp_path / "dist")
    done = subprocess.run(
        ["sha256sum", "--check", f"{bundle.filename}.sha256"],
        cwd=tmp_path / "dist", capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{bundle.filename}: OK\n")
    assert check_file(written.path) == bundle


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk on which the next file has no more room than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_half_written(bundle: CheckedBundle, tmp_path: Path) -> None:
    write_bundle(bundle, tmp_path)
    with files_of_at_most(100_000), pytest.raises(ExternalFailure) as caught:
        write_bundle(bundle, tmp_path)
    assert (caught.value.code, str(tmp_path) in str(caught.value)) == ("bundle_not_written", True)
    # The old bundle is whole, and no check sum says that it is the new one.
    assert [path.name for path in tmp_path.iterdir()] == [bundle.filename]
    assert (tmp_path / bundle.filename).read_bytes() == bundle.data


def test_a_build_without_a_place_to_work_in_is_told(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(ExternalFailure, match=r"write below .*/gone") as caught:
        build_bundle(workshop.checkout, workshop.wheels, None)
    assert (caught.value.code, "TMPDIR" in caught.value.hint) == ("bundle_not_written", True)


@pytest.mark.thorough
def test_a_bundle_that_is_too_large_is_refused(tmp_path: Path) -> None:
    workshop = small_workshop(tmp_path)
    large = make_wheel(workshop.wheels, "boto3", "99.0", files={"boto3.py": bytes(26 * 2**20)})
    pins = [pin for pin in read_lock(workshop.checkout.lock) if pin.name != "boto3"]
    workshop.checkout.lock.write_text(lock_text([*pins, large]))
    with pytest.raises(Refused, match="at most 26214400 bytes") as caught:
        build_bundle(workshop.checkout, workshop.wheels, None)
    assert caught.value.code == "bundle_too_large"


@pytest.mark.parametrize("part", ["packaging/bundle/install", LOCK, "pyproject.toml"])
def test_a_clone_that_lacks_a_part_is_told_which(part: str, tmp_path: Path) -> None:
    for other in PARTS:
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        if other != part:
            (tmp_path / other).touch()
    with pytest.raises(ConfigError, match=part) as caught:
        open_checkout(tmp_path)
    assert caught.value.code == "bundle_source_missing"


@pytest.mark.parametrize(
    ("pin", "told"),
    [
        ("hatchling==0.1", "wanted hatchling 0.1, found 1."),
        ("no-such-tool==1", "wanted no-such-tool 1, found none"),
    ],
)
def test_a_tool_of_another_version_is_refused(pin: str, told: str, workshop: Workshop) -> None:
    project = {**workshop.checkout.project, "optional-dependencies": {"build": [pin]}}
    with pytest.raises(ConfigError, match=told) as caught:
        require_tools(replace(workshop.checkout, project=project))
    assert caught.value.code == "build_tool_wrong"


def test_the_tools_of_this_clone_are_the_pinned_ones(workshop: Workshop) -> None:
    require_tools(workshop.checkout)


def test_a_wheel_by_pip_is_made_by_the_same_tool(workshop: Workshop) -> None:
    text = (workshop.checkout.root / "pyproject.toml").read_text(encoding="utf-8")
    backend = tomllib.loads(text)["build-system"]["requires"]
    assert set(backend) <= set(workshop.checkout.project["optional-dependencies"]["build"])
