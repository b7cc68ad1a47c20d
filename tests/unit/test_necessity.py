"""Whether there is anything to load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.fault import fails
from fakes.instance import VOLUME, FakeEc2
from ladybug_agent.errors import AgentError
from ladybug_agent.model.hydration import Initialization
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.resources.hydration.necessity import why_not_needed


def an_ec2(said: Initialization | AgentError | None = None) -> FakeEc2:
    ec2 = FakeEc2()
    ec2.initialized = said
    return ec2


def initialized(
    *, completed: bool, kind: str = "default", progress_pct: int | None = None
) -> Initialization:
    return Initialization(completed=completed, kind=kind, progress_pct=progress_pct)


def test_a_volume_from_a_snapshot_is_read() -> None:
    assert why_not_needed(an_ec2(), VOLUME) == ""


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        (replace(VOLUME, fast_restored=True), "made by fast snapshot restore"),
        (replace(VOLUME, initialization_rate_mib_s=300), "EC2 loads it by itself, at 300 MiB/s"),
        (replace(VOLUME, snapshot_id=""), "not made from a snapshot"),
    ],
)
def test_a_volume_that_has_nothing_to_load_is_not(volume: AttachedVolume, why: str) -> None:
    assert why_not_needed(an_ec2(), volume) == why


def test_a_volume_that_ec2_has_loaded_is_not_read() -> None:
    said = initialized(completed=True, progress_pct=100)
    assert why_not_needed(an_ec2(said), VOLUME) == "EC2 has loaded all of it"


@pytest.mark.parametrize("progress", [None, 0, 99, 100])
def test_a_volume_that_ec2_still_loads_is_read(progress: int | None) -> None:
    said = initialized(completed=False, progress_pct=progress)
    assert why_not_needed(an_ec2(said), VOLUME) == ""


@pytest.mark.parametrize("code", ["aws_access_denied", "aws_unreachable", "aws_throttled"])
def test_what_ec2_does_not_say_is_read(code: str) -> None:
    assert why_not_needed(an_ec2(fails(code)), VOLUME) == ""


def test_a_volume_that_nobody_knows_is_read() -> None:
    assert why_not_needed(an_ec2(initialized(completed=True)), None) == ""
