"""Instance metadata is silent at first, then slow."""

from __future__ import annotations

import pytest

from vm.conftest import Launch

pytestmark = pytest.mark.vm


def test_a_metadata_service_that_is_late_and_slow_is_waited_for(launch: Launch) -> None:
    instance = launch("idle")
    imds = instance.stack.imds
    imds.faults.add("/latest/", drop=True, times=6)
    imds.faults.add("/latest/", status=503, times=4)
    imds.faults.add("/latest/", delay_s=0.8, times=40)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert instance.await_registered()["status"] == "healthy"
    assert len([one for one in imds.requests if one.status == 0]) == 6
