"""Another volume of the same snapshot is mounted: XFS takes no UUID twice."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm


def test_a_uuid_that_is_mounted_already_is_told_as_that(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug(instance.twin(f"vol-0{'a' * 16}"), slot=0)
    guest = instance.on.guest
    guest.shell("udevadm settle; mkdir /mnt/other && mount -o ro /dev/nvme0n1 /mnt/other")
    instance.plug(slot=1)
    instance.run_user_data()
    assert_boot_failed(instance, "filesystem_duplicate_uuid")
    assert guest.run("/bin/findmnt", "/mnt/other").status == 0
