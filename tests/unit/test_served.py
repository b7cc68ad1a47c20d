"""The record of what the boot left serving."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.boot import KEY, Machine
from fakes.evidence import a_container
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.left_serving import served_by
from ladybug_agent.ports import Row
from ladybug_agent.served import read_served, write_served
from ladybug_agent.state import StateDirectory

ROW: Row = {"instance_id": KEY, "boot_id": "boot", "registration_id": "ours", "hb_seq": 0}


def test_before_any_boot_there_is_none(tmp_path: Path) -> None:
    assert read_served(tmp_path / "served.json") is None


def test_it_comes_back_as_it_went(tmp_path: Path) -> None:
    served = served_by(a_container(tmp_path), ROW)
    write_served(tmp_path / "served.json", served)
    assert read_served(tmp_path / "served.json") == served


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": "ladybug.served/1"}', "[" * 9999]
)
def test_one_that_is_torn_is_said_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "served.json"
    path.write_text(text)
    with pytest.raises(ExternalFailure) as failure:
        read_served(path)
    assert failure.value.code == "served_record_unreadable"


def test_a_boot_leaves_what_it_registered(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    served = read_served(StateDirectory(tmp_path / "state").served)
    assert served is not None
    row = machine.world.instance_registry.rows[KEY]
    assert (served.row, served.container_id) == (row, row["container_id"])
    assert served.volume is not None
    assert (served.volume.serial, served.volume.iops) == ("vol0123456789abcdef0", 3000)


def test_a_boot_that_fails_leaves_none(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, config={"health.wait_timeout_s": 1.0})
    machine.world.http.replies.clear()
    assert machine.boot().error is not None
    assert read_served(StateDirectory(tmp_path / "state").served) is None
