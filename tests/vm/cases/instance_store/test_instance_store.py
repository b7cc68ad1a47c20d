"""The configured device name is that of instance storage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm


def test_instance_storage_is_never_taken_for_the_data_volume(launch: Launch) -> None:
    instance = launch("idle")
    stack = instance.stack
    devices = {"ami": "xvda", "root": "/dev/xvda", "ephemeral0": "sdf"}
    stack.imds.facts = replace(stack.imds.facts, block_devices=devices)
    instance.resume()
    instance.plug(instance.twin("AWS0123456789ABCDEF"))
    instance.run_user_data()
    assert_boot_failed(instance, "device_is_instance_store")
