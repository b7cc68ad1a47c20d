"""A database on the volume is not the one that the manifest describes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladybug_lab.depot import DATABASE
from support.damage import zeroed_pages
from support.volumes import copy_image, writable
from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm


def test_a_database_that_lost_its_first_page_is_not_served(launch: Launch, tmp_path: Path) -> None:
    instance = launch("idle")
    snapshot = tmp_path / "corrupt.img"
    copy_image(instance.parts.master, snapshot)
    with writable(snapshot) as content:
        zeroed_pages(content / "databases" / f"{DATABASE}.lbug", 0, 1)
    instance.make_volume_of(snapshot)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert_boot_failed(instance, "snapshot_database_foreign")
