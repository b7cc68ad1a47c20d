"""Nobody ever made a filesystem on the volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.volumes import GIB
from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm


def test_a_blank_volume_is_refused_and_stays_blank(launch: Launch, tmp_path: Path) -> None:
    instance = launch("idle")
    blank = tmp_path / "blank.img"
    with blank.open("wb") as file:
        file.truncate(GIB)
    instance.make_volume_of(blank)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert_boot_failed(instance, "filesystem_missing")
    found = instance.on.guest.run("/usr/sbin/blkid", "-p", "/dev/nvme0n1")
    assert (found.status, found.output) == (2, "")
