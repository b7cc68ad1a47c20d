"""The power is cut under a replica that serves, and comes back."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.inside import mounted_from

pytestmark = [pytest.mark.vm, pytest.mark.fast]


def test_a_replica_converges_after_a_power_cut(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    before = instance.await_registered()
    instance.cut_power()
    instance.power_on(root_bus="virtio")
    row = instance.await_registered(since=before)
    assert row["registration_id"] != before["registration_id"]
    record = instance.record()
    assert record["outcome"] == "registered"
    assert mounted_from(instance)
    assert set(instance.stack.signalled()) == {"SUCCESS"}
