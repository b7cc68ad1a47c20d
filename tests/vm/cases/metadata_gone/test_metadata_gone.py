"""Instance metadata never answers: there are no credentials to tell anybody with."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.instance import BOOT
from vm.surroundings import await_

pytestmark = pytest.mark.vm

GIVEN_UP_S = 900.0


def test_without_metadata_the_console_has_the_reason(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.stack.imds.faults.add("/", drop=True)
    instance.plug()
    instance.run_user_data()
    await_(
        "the end of the boot",
        lambda: instance.show(BOOT, "ActiveState") == "failed",
        within_s=GIVEN_UP_S,
    )
    assert instance.record()["code"] == "imds_unreachable"
    assert "imds_unreachable" in instance.on.shown()
    assert (instance.stack.signalled(), instance.stack.row()) == ([], {})
