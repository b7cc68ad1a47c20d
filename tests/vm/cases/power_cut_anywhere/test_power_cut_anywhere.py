"""The power is cut at five moments of the boot, and comes back each time."""

from __future__ import annotations

import random
import time

import pytest

from vm.conftest import Launch, Measured
from vm.inside import mounted_from

pytestmark = [pytest.mark.vm, pytest.mark.cold]

CUTS = 5
EARLIEST_S = 20.0
LATEST_S = 120.0


def test_a_boot_that_is_cut_off_five_times_converges(launch: Launch, measured: Measured) -> None:
    instance = launch("prepared")
    seed = random.SystemRandom().randrange(10_000)
    measured(seed=seed)
    moments = random.Random(seed)  # noqa: S311 - moments to be had again
    for _ in range(CUTS):
        instance.power_on()
        time.sleep(moments.uniform(EARLIEST_S, LATEST_S))
        instance.cut_power()
    instance.power_on()
    row = instance.await_registered()
    assert row["volume_id"] == instance.volume.volume_id
    assert mounted_from(instance)
    assert instance.record()["outcome"] == "registered"
