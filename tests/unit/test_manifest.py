"""The snapshot manifest: what is one, and what is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.databases import DATABASE_UUID, database_bytes
from ladybug_agent.resources.contents.manifest import (
    SAMPLE_BYTES,
    SCHEMA,
    Manifest,
    ManifestError,
    manifest_document,
    parse_manifest,
    sample_offsets,
)
from support.manifests import TAKEN_AT, contract_of, manifest_of

Document = dict[str, Any]
DIGEST = "a" * 64


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    path = tmp_path / "sec.lbug"
    path.write_bytes(database_bytes())
    path.with_name("sec.lbug.wal").write_bytes(DATABASE_UUID.bytes + b"\1")
    contract = contract_of(path, tables={"Filing": 3, "CITES": 0})
    bare = replace(contract, name="industry", wal=None, tables=None)
    return Manifest(taken_at=TAKEN_AT, databases=(contract, bare))


@pytest.fixture
def document(manifest: Manifest) -> Document:
    return manifest_document(manifest, "1.2.3")


def parsed(document: object) -> Manifest:
    return parse_manifest(json.dumps(document).encode())


def refused(document: object) -> str:
    with pytest.raises(ManifestError) as caught:
        parsed(document)
    return str(caught.value)


def test_what_is_written_is_read_again(manifest: Manifest, document: Document) -> None:
    assert parsed(document) == manifest


def test_the_document_says_who_wrote_it_by_which_schema(document: Document) -> None:
    assert (document["schema"], document["agent_version"]) == (SCHEMA, "1.2.3")
    assert document["taken_at"] == "2026-02-06T11:00:00+00:00"


def test_a_time_is_read_in_any_zone(document: Document) -> None:
    document["taken_at"] = "2026-02-06T12:00:00+01:00"
    assert parsed(document).taken_at == datetime(2026, 2, 6, 11, tzinfo=UTC)


def test_what_a_later_agent_adds_is_no_matter(manifest: Manifest, document: Document) -> None:
    document["more"] = document["databases"][0]["more"] = {"of": "it"}
    assert parsed(document) == manifest


def test_a_database_is_found_by_its_name(manifest: Manifest) -> None:
    found = manifest.of("industry")
    assert found is not None
    assert (found.name, manifest.of("missing")) == ("industry", None)


def test_the_volume_of_the_writer_may_be_unknown(manifest: Manifest, document: Document) -> None:
    assert document["source_volume_id"] is None
    del document["source_volume_id"]
    assert parsed(document) == manifest
    known = replace(manifest, source_volume_id="vol-0bbbbbbbbbbbbbbbb")
    assert parsed(manifest_document(known, "1.2.3")) == known


def test_a_manifest_of_nothing_is_one(document: Document) -> None:
    document["databases"] = []
    assert parsed(document).databases == ()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe\xfd", b"[" * 200_000, b'{"a":' * 200_000, b"9" * 5000, b"nul"],
    ids=["nothing", "cut", "no text", "deep list", "deep object", "huge number", "word"],
)
def test_what_is_no_json_is_no_manifest(text: bytes) -> None:
    with pytest.raises(ManifestError, match="is not JSON"):
        parse_manifest(text)


@pytest.mark.parametrize("schema", [None, 1, "ladybug.snapshot/2", "ladybug.verify/1", ["a"]])
def test_another_schema_is_no_manifest(document: Document, schema: object) -> None:
    assert refused({**document, "schema": schema}) == "has no schema `ladybug.snapshot/1`"


@pytest.mark.parametrize("other", [None, 3, "text", [], [{}]])
def test_another_kind_of_json_is_no_manifest(other: object) -> None:
    assert "has no schema" in refused(other)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value in a document."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [
        found for key, inner in items for found in [(*path, key), *paths_of(inner, (*path, key))]
    ]


def changed(document: Document, path: tuple[str | int, ...], change: Callable[..., None]) -> None:
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])


def is_free(path: tuple[str | int, ...]) -> bool:
    """Whether the value may be left out, or be anything."""
    optional = path[0] in {"agent_version", "source_volume_id"}
    return optional or "samples" in path[:-1] or "tables" in path[:-1]


def test_no_field_may_be_missing(document: Document) -> None:
    wanted = [p for p in paths_of(document) if isinstance(p[-1], str) and not is_free(p)]
    assert len(wanted) > 20
    for path in wanted:
        broken = copy.deepcopy(document)
        changed(broken, path, lambda inner, key: inner.pop(key))
        assert refused(broken), path


@pytest.mark.parametrize("garbage", [-1, 1.5, True, "", "x", [], {}, ["x"], {"x": "y"}])
def test_no_field_may_be_of_another_kind(document: Document, garbage: object) -> None:
    def is_right(path: tuple[str | int, ...], value: object) -> bool:
        named = path[-1] in {"name", "database_uuid", "source_volume_id"} and value == "x"
        empty = path[-1] in {"samples", "tables"} and value == {}
        return named or empty or (path == ("databases",) and value == [])

    for path in paths_of(document):
        if path[0] == "agent_version" or is_right(path, garbage):
            continue
        broken = copy.deepcopy(document)
        changed(broken, path, lambda inner, key: inner.__setitem__(key, garbage))
        with pytest.raises(ManifestError):
            parsed(broken)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("taken_at", "2026-02-06T11:00:00"),
        ("taken_at", "yesterday"),
        ("taken_at", "0001-01-01T00:00:00+23:59"),
        ("taken_at", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_a_time_that_is_none_is_refused(document: Document, field: str, value: str) -> None:
    assert "lacks or garbles a field" in refused({**document, field: value})


@pytest.mark.parametrize(
    "samples",
    [
        {"12288": DIGEST},
        {"-4096": DIGEST},
        {"zero": DIGEST},
        {"0": DIGEST.upper()},
        {"0": DIGEST[1:]},
        {"0": None},
        {"9" * 5000: DIGEST},
        [["0", DIGEST]],
    ],
    ids=["at the end", "before it", "no number", "upper", "short", "none", "huge", "list"],
)
def test_a_sample_that_is_none_is_refused(document: Document, samples: object) -> None:
    document["databases"][0]["file"]["samples"] = samples
    assert "lacks or garbles a field" in refused(document)


def test_a_complaint_is_short_however_large_the_garbage(document: Document) -> None:
    document["databases"][0]["name"] = ["x" * 10**6]
    assert len(refused(document)) < 300


def test_an_empty_file_has_no_samples() -> None:
    assert sample_offsets(0) == ()


@pytest.mark.parametrize("count", [2, 3, 64])
@pytest.mark.parametrize(
    "size", [1, 4095, 4096, 4097, 8192, 63 * 4096, 64 * 4096, 65 * 4096, 10**6 + 1, 2**40, 2**62]
)
def test_samples_are_few_pages_from_the_first_to_the_last(size: int, count: int) -> None:
    offsets = sample_offsets(size, count)
    pages = -(-size // SAMPLE_BYTES)
    assert (offsets[0], offsets[-1]) == (0, (pages - 1) * SAMPLE_BYTES)
    assert len(set(offsets)) == len(offsets) == min(pages, count)
    assert all(offset % SAMPLE_BYTES == 0 and offset < size for offset in offsets)
    gaps = {later - earlier for earlier, later in pairwise(offsets)}
    assert not gaps or max(gaps) - min(gaps) <= SAMPLE_BYTES


def test_a_manifest_is_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "sec.lbug"
    path.write_bytes(database_bytes(pages=100))
    (contract,) = manifest_of(path).databases
    assert (contract.storage_version, len(contract.file.samples)) == (41, 64)
