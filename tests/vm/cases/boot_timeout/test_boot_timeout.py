"""The volume never comes, and the time of the boot runs out."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm

BOOT_TIMEOUT_S = 90.0
TOLD_WITHIN_S = 10.0


def test_a_boot_whose_time_is_up_tells_so_within_10_s(launch: Launch) -> None:
    instance = launch("idle")
    instance.stack.offer_user_data({"instance": {"boot_timeout_s": BOOT_TIMEOUT_S}})
    instance.resume()
    instance.run_user_data()
    record = assert_boot_failed(instance, "device_not_visible")
    assert BOOT_TIMEOUT_S <= record["total_s"] < BOOT_TIMEOUT_S + TOLD_WITHIN_S
