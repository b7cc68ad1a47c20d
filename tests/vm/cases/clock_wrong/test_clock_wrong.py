"""The clock is two hours behind when the boot begins, and nobody sets it."""

from __future__ import annotations

import pytest

from vm.conftest import Launch

pytestmark = pytest.mark.vm

BEHIND_S = 7200


def test_a_clock_that_is_behind_is_found_by_diagnose(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.on.guest.shell(f"date --set=@$(($(date +%s) - {BEHIND_S}))")
    instance.plug()
    instance.run_user_data()
    row = instance.await_registered()
    assert row["volume_id"] == instance.volume.volume_id
    found = instance.agent("diagnose", "--timeout", "100")
    skew = next(one for one in found["checks"] if one["id"] == "time.skew")
    assert (skew["status"], skew["code"]) == ("fail", "clock_skewed")
