"""User data is run again by hand on a replica that serves."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.instance import BOOT

pytestmark = pytest.mark.vm


def test_user_data_run_twice_fetches_nothing_and_starts_nothing_anew(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    before = instance.await_registered()
    began = instance.show(BOOT, "ActiveEnterTimestampMonotonic")
    assert instance.run_user_data().status == 0
    assert instance.show(BOOT, "ActiveEnterTimestampMonotonic") == began
    assert instance.stack.row()["registration_id"] == before["registration_id"]
    assert ("s3", "GetObject") not in instance.stack.aws.calls
