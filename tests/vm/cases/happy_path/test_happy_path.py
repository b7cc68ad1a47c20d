"""A whole life: cloud-init, stub, bundle, boot, registration; a reboot; the end."""

from __future__ import annotations

import time

import pytest

from vm.conftest import Launch

pytestmark = [pytest.mark.vm, pytest.mark.fast]


def test_an_instance_boots_registers_reboots_and_drains(launch: Launch) -> None:
    instance = launch()
    began = time.monotonic()
    instance.power_on()
    row = instance.await_registered()
    print(f"registered after {time.monotonic() - began:.1f} s, CPU {instance.on.cpu_s():.1f} s")
    assert row["agent_version"] == instance.stack.bundle.version
    assert instance.stack.signalled() == ["SUCCESS"]
    assert instance.stack.completed() == ["CONTINUE"]
