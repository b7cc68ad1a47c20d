"""The volume is taken away under a replica that serves."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.surroundings import await_

pytestmark = pytest.mark.vm

UNHEALTHY_S = 600.0


def test_a_replica_whose_volume_is_detached_is_unhealthy(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    instance.await_registered()
    instance.on.unplug(slot=0)
    stack = instance.stack
    await_("an unhealthy row", lambda: stack.row()["status"] == "unhealthy", within_s=UNHEALTHY_S)
    assert stack.row()["reason_code"] in {"device_gone", "device_io_errors", "mount_missing"}
