"""Which map `hydrate show` draws: of a file, of a database by its name, or by UUID."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fakes.fault import fails
from fakes.hydration import FakeMapStore
from fakes.loading import a_hot_map, runs
from fakes.replica import IDENTITY, Replica
from ladybug_agent.errors import ConfigError, ExternalFailure, Refused
from ladybug_agent.hydrate.show import find_map, map_in_file, save_picture
from ladybug_agent.resources.hydration.hot_map import HotMap
from ladybug_agent.resources.hydration.map_codec import MOST_BYTES, encode_map

HOT = a_hot_map(runs(0, 5), runs(50))


def found(replica: Replica, name: str) -> HotMap:
    return find_map(replica.config, replica.world, name)


def test_a_map_in_a_file_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "sec.hotmap"
    path.write_bytes(encode_map(HOT))
    assert map_in_file(path) == HOT


@pytest.mark.parametrize("content", [b"", b"LBUG" + bytes(4092), encode_map(HOT)[:-1]])
def test_a_file_that_is_no_map_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sec.lbug"
    path.write_bytes(content)
    with pytest.raises(ExternalFailure, match=r"wanted a hot map, but .*sec\.lbug ") as failure:
        map_in_file(path)
    assert failure.value.code == "hot_map_unreadable"


def test_a_file_larger_than_memory_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "sec.lbug"
    with path.open("wb") as file:
        file.truncate(2**42)
    with pytest.raises(ExternalFailure, match=f"has {MOST_BYTES + 1} bytes"):
        map_in_file(path)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExternalFailure, match="cannot read") as failure:
        map_in_file(tmp_path / "none")
    assert failure.value.code == "hot_map_unreadable"


def test_the_map_of_a_mounted_database_is_shown_by_its_name(tmp_path: Path) -> None:
    assert found(Replica.make(tmp_path, hot=HOT), "sec") == HOT


@pytest.mark.parametrize(
    "spelling", [IDENTITY, IDENTITY.upper(), IDENTITY.replace("-", ""), f"{{{IDENTITY}}}"]
)
def test_a_map_is_shown_by_uuid_with_nothing_mounted(tmp_path: Path, spelling: str) -> None:
    assert found(Replica.make(tmp_path, hot=HOT, options=None), spelling) == HOT


def test_a_database_without_a_map_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ExternalFailure, match="in memory, found none") as failure:
        found(Replica.make(tmp_path), "sec")
    assert failure.value.code == "hot_map_missing"
    assert "hydrate record" in failure.value.hint


def test_a_map_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, maps=FakeMapStore({IDENTITY: b"torn"}))
    with pytest.raises(ExternalFailure, match="in memory has only 4 bytes") as failure:
        found(replica, "sec")
    assert failure.value.code == "hot_map_unreadable"


@pytest.mark.parametrize("name", ["industry", "../databases/none", "sec.lbug", ""])
def test_what_is_neither_file_nor_database_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="neither such a file nor such a database") as failure:
        found(Replica.make(tmp_path, hot=HOT), name)
    assert failure.value.code == "hot_map_of_nothing"
    assert "the databases are: sec" in failure.value.hint


def test_a_name_needs_the_volume_to_be_mounted(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        found(Replica.make(tmp_path, hot=HOT, options=None), "sec")
    assert refusal.value.code == "hydration_without_mount"


def test_without_a_place_for_maps_it_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as failure:
        found(Replica.make(tmp_path).without_maps(), "sec")
    assert failure.value.code == "hot_map_nowhere"


def test_a_store_that_denies_is_an_error(tmp_path: Path) -> None:
    replica = Replica.make(tmp_path, maps=FakeMapStore(raises=fails("aws_access_denied")))
    with pytest.raises(ExternalFailure) as failure:
        found(replica, IDENTITY)
    assert failure.value.code == "aws_access_denied"


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures" / "sec.svg", "<svg/>")
    assert (tmp_path / "pictures" / "sec.svg").read_text() == "<svg/>"


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExternalFailure, match="cannot write") as failure:
        save_picture(tmp_path / "file" / "sec.svg", "<svg/>")
    assert failure.value.code == "hot_map_picture_not_written"


def test_looking_at_a_map_leaves_no_trace(tmp_path: Path, log_output: io.StringIO) -> None:
    replica = Replica.make(tmp_path, hot=HOT)
    found(replica, "sec")
    assert not Path(replica.config.hydration.ledger_dir).exists()
    assert log_output.getvalue() == ""
