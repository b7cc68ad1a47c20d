"""Three volumes of one snapshot, whose names in /dev change from boot to boot."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.inside import mounted_from, serial_of

pytestmark = [pytest.mark.vm, pytest.mark.fast]


def test_the_data_volume_is_found_whatever_its_name_is(launch: Launch) -> None:
    instance = launch("idle")
    before, after = (instance.twin(f"vol-0{digit * 16}") for digit in "ab")
    instance.resume()
    for slot, volume in enumerate((before, instance.volume, after)):
        instance.plug(volume, slot=slot)
    instance.run_user_data()
    row = instance.await_registered()
    first = mounted_from(instance)
    assert serial_of(instance, first) == instance.volume.serial
    instance.cut_power()
    instance.power_on(instance.volume, after, before, root_bus="virtio")
    instance.await_registered(since=row)
    second = mounted_from(instance)
    assert serial_of(instance, second) == instance.volume.serial
    assert second != first
