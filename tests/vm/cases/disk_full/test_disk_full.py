"""The root disk has no room for the installation."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import await_told_of_failure

pytestmark = pytest.mark.vm

LEFT_KIB = 100 * 1024


def test_a_full_disk_is_told_and_nothing_is_left_half_installed(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    guest = instance.on.guest
    guest.shell(f"rm -rf /opt/ladybug-agent/{instance.stack.bundle.version} && sync")
    free = "$(df --output=avail --block-size=1K / | tail -1)"
    guest.shell(f"fallocate -l $(({free} - {LEFT_KIB}))K /var/tmp/filler")
    done = instance.run_user_data()
    assert done.status == 1
    assert "failed: disk_full: wanted 200 MiB free" in done.output
    await_told_of_failure(instance)
    assert "disk_full" in instance.on.shown()
    left = guest.shell("ls -A /opt/ladybug-agent").split()
    assert [name for name in left if name.startswith((".staging", ".fetched"))] == []
