"""The container runs, and never answers that it is healthy."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.endings import assert_boot_failed

pytestmark = pytest.mark.vm

NO_SUCH_PATH = {"health": {"path": "/nothing-here", "wait_timeout_s": 30}}


def test_a_container_that_does_not_get_healthy_is_stopped_and_never_registered(
    launch: Launch,
) -> None:
    instance = launch("idle")
    instance.stack.offer_user_data(NO_SUCH_PATH)
    instance.resume()
    instance.plug()
    instance.run_user_data()
    assert_boot_failed(instance, "health_not_ok")
    assert instance.stack.row() == {}
