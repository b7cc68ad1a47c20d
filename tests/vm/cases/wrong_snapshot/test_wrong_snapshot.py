"""The volume was made from another snapshot than the stack asks for."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm

OTHER = {"data": {"snapshot_id": "snap-0123456789abcdef0"}}


def test_a_volume_of_another_snapshot_is_refused(launch: Launch) -> None:
    instance = launch("idle")
    instance.stack.offer_user_data(OTHER)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert_boot_failed(instance, "volume_wrong_snapshot")
