"""Two data volumes are attached, and the launch template gave each a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vm.conftest import Launch
from vm.inside import mounted_from, serial_of

pytestmark = pytest.mark.vm


def test_of_two_data_volumes_the_configured_one_is_served(launch: Launch) -> None:
    instance = launch("idle")
    stack = instance.stack
    other = instance.twin(stack.attach_another("/dev/xvdg"))
    devices = {**stack.imds.facts.block_devices, "ebs2": "xvdg"}
    stack.imds.facts = replace(stack.imds.facts, block_devices=devices)
    instance.resume()
    instance.plug(other, slot=0)
    instance.plug(slot=1)
    instance.run_user_data()
    row = instance.await_registered()
    assert row["volume_id"] == instance.volume.volume_id
    assert serial_of(instance, mounted_from(instance)) == instance.volume.serial
