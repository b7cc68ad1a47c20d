"""Reading a bundle back: whatever is wrong with it is found before anybody gets it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ladybug_agent.errors import AgentError, Refused
from ladybug_fleet.bundle.archive import pack
from ladybug_fleet.bundle.check import check_bundle, check_file, sidecar
from ladybug_fleet.bundle.member import PROGRAM, Member, manifest_of

NAME = "ladybug-agent-1.2.3"
FILES = (
    Member(path="install", data=b"#!/bin/sh\n", mode=PROGRAM),
    Member(path="wheels/one.whl", data=bytes(range(256)) * 600),
)
MANIFEST = manifest_of(FILES, version="1.2.3", requires_python=">=3.11")


def packed(members: Sequence[Member] = (*FILES, MANIFEST), top: str = NAME) -> bytes:
    return pack(top, members)


def refusal(data: bytes, filename: str = f"{NAME}.tar.gz") -> AgentError:
    with pytest.raises(Refused) as caught:
        check_bundle(filename, data)
    return caught.value


def test_a_bundle_is_read_as_it_was_packed() -> None:
    found = check_bundle(f"{NAME}.tar.gz", packed())
    assert (found.version, sorted(found.members)) == ("1.2.3", sorted((*FILES, MANIFEST)))


def test_the_archive_is_one_that_any_gzip_reads() -> None:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed())), mode="r:") as archive:
        assert archive.getnames() == [
            NAME,
            f"{NAME}/wheels",
            f"{NAME}/install",
            f"{NAME}/manifest.json",
            f"{NAME}/wheels/one.whl",
        ]


@pytest.mark.parametrize("kept", [0, 1, 10, 600, 65_000, -1, -8, -9])
def test_a_bundle_that_was_cut_off_is_refused(kept: int) -> None:
    assert refusal(packed()[:kept]).code == "bundle_unreadable"


def test_a_bundle_with_something_behind_it_is_refused() -> None:
    assert refusal(packed() + b"more").code == "bundle_unreadable"


@pytest.mark.parametrize("at", [0, 3, 100, 5_000, 100_000])
def test_a_bundle_with_a_turned_bit_is_refused(at: int) -> None:
    data = bytearray(packed())
    data[at] ^= 0x04
    assert refusal(bytes(data)).code == "bundle_unreadable"


def test_what_is_no_archive_is_refused() -> None:
    assert refusal(gzip.compress(b"<html></html>" * 100)).code == "bundle_unreadable"


def archive_with(entry: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(entry)
    return out.getvalue()


@pytest.mark.parametrize("name", [f"{NAME}/../../etc/passwd", "/etc/passwd"])
def test_an_entry_that_leads_elsewhere_is_refused(name: str) -> None:
    error = refusal(archive_with(tarfile.TarInfo(name)))
    assert (error.code, "the entry" in str(error)) == ("bundle_unreadable", True)


def test_a_link_is_refused() -> None:
    entry = tarfile.TarInfo(f"{NAME}/install")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/bin/sh"
    assert refusal(archive_with(entry)).code == "bundle_unreadable"


@pytest.mark.parametrize(
    ("top", "filename"),
    [(NAME, "ladybug-agent-1.2.4.tar.gz"), ("ladybug-agent-1.2.4", f"{NAME}.tar.gz")],
)
def test_a_renamed_bundle_is_refused(top: str, filename: str) -> None:
    error = refusal(packed(top=top), filename)
    assert error.code == "bundle_version_differs"
    assert "ladybug-agent-1.2.3, ladybug-agent-1.2.4" in str(error)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ((*FILES[:1], MANIFEST), "files that are not there"),
        ((*FILES, Member(path="x", data=b""), MANIFEST), "found x,"),
        ((replace(FILES[0], data=b"#!/bin/bad"), FILES[1], MANIFEST), "found install,"),
        ((replace(FILES[0], mode=0o644), FILES[1], MANIFEST), "found install,"),
        (FILES, "schema None"),
        ((*FILES, replace(MANIFEST, data=b"[]")), "no JSON object"),
        ((*FILES, replace(MANIFEST, data=b"{")), "no JSON object"),
    ],
    ids=["missing", "extra", "changed", "mode", "no manifest", "no object", "no JSON"],
)
def test_a_manifest_that_is_not_true_is_refused(members: Sequence[Member], told: str) -> None:
    error = refusal(packed(members))
    assert (error.code, told in str(error)) == ("bundle_manifest_untrue", True)


def test_a_manifest_of_another_schema_is_refused() -> None:
    document = {**json.loads(MANIFEST.data), "schema": "ladybug.bundle/2"}
    error = refusal(packed((*FILES, replace(MANIFEST, data=json.dumps(document).encode()))))
    assert "ladybug.bundle/2" in str(error)


def written(directory: Path, *, line: str = "") -> Path:
    path = directory / f"{NAME}.tar.gz"
    path.write_bytes(packed())
    bundle = check_bundle(path.name, packed())
    sidecar(path).write_text(line or bundle.checksum_line)
    return path


def test_a_bundle_and_its_check_sum_go_together(tmp_path: Path) -> None:
    assert check_file(written(tmp_path)).version == "1.2.3"


def test_a_wrong_check_sum_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, line=f"{'0' * 64}  {NAME}.tar.gz\n")
    with pytest.raises(Refused, match="0000, found") as caught:
        check_file(path)
    assert caught.value.code == "bundle_hash_mismatch"


@pytest.mark.parametrize("suffix", ["", ".sha256"])
def test_a_bundle_or_check_sum_that_is_not_there_is_named(suffix: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    path.with_name(path.name + suffix).unlink()
    with pytest.raises(Refused) as caught:
        check_file(path)
    assert caught.value.code == "bundle_missing"
    assert caught.value.__cause__ is not None
