"""EC2 has attached the volume, and the kernel shows it a minute later."""

from __future__ import annotations

import time

import pytest

from vm.conftest import Launch
from vm.inside import await_step, step

pytestmark = [pytest.mark.vm, pytest.mark.fast]

LATE_S = 60.0


def test_a_volume_that_is_plugged_60_s_late_is_taken_at_once(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.run_user_data()
    await_step(instance, "find_volume")
    time.sleep(LATE_S)
    instance.plug()
    row = instance.await_registered()
    assert row["volume_id"] == instance.volume.volume_id
    waited = step(instance, "find_volume")
    assert waited["duration_s"] >= LATE_S
    # A poll comes every 2 s at most, and an emulated machine needs its time to see a disk.
    assert waited["duration_s"] < LATE_S + 30.0
