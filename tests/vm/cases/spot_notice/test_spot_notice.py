"""EC2 takes a spot instance back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vm.conftest import Launch
from vm.surroundings import await_

pytestmark = pytest.mark.vm

NOTICE = timedelta(seconds=240)
"""Two minutes on EC2; an emulated machine needs its time."""


def test_a_spot_notice_is_obeyed_before_its_time(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    instance.plug()
    instance.run_user_data()
    instance.await_registered()
    stack, at = instance.stack, datetime.now(UTC) + NOTICE
    stack.imds.facts = replace(stack.imds.facts, spot_action=("terminate", at))
    await_(
        "a terminated row",
        lambda: stack.row()["status"] == "terminated",
        within_s=NOTICE.total_seconds(),
    )
    assert stack.row()["reason_code"] == "spot_interruption"
    assert datetime.now(UTC) < at
