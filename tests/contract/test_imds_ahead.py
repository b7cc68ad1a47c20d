"""Metadata that is asked ahead says the same as metadata that is asked in turn."""

from __future__ import annotations

from collections import Counter

import pytest

from contract.support.timing import ends_within
from ladybug_agent.adapters.instance_metadata import ImdsMetadata
from ladybug_agent.adapters.lean.imds import LeanImds
from ladybug_agent.adapters.lean.imds_ahead import ImdsAhead
from ladybug_agent.adapters.notices import ImdsNotices
from ladybug_agent.clock import SystemClock
from ladybug_agent.errors import ExternalFailure, NotYet
from ladybug_agent.wiring_diagnosis import WANTED
from ladybug_lab.imds.server import LabImds

CLOCK = SystemClock()


@pytest.fixture
def ahead(imds: LabImds) -> ImdsAhead:
    return ImdsAhead(LeanImds(CLOCK, (imds.endpoint,)), WANTED, CLOCK)


def test_it_says_the_same(imds: LabImds, ahead: ImdsAhead) -> None:
    plain = LeanImds(CLOCK, (imds.endpoint,))
    assert ImdsMetadata(ahead, CLOCK).identity() == ImdsMetadata(plain, CLOCK).identity()
    notices = ImdsNotices(lambda: ahead).notices()
    assert notices == ImdsNotices(lambda: plain).notices()


def test_each_path_is_asked_once(imds: LabImds, ahead: ImdsAhead) -> None:
    metadata = ImdsMetadata(ahead, CLOCK)
    for _ in range(3):
        metadata.identity()
        metadata.block_device_mapping()
    counts = Counter(request.path for request in imds.requests)
    assert {counts[f"/latest/{path}"] for path in WANTED} == {1}
    assert max(counts.values()) == 1


def test_slow_answers_are_waited_for_together(imds: LabImds, ahead: ImdsAhead) -> None:
    imds.faults.add("/latest/", delay_s=0.3)
    with ends_within(3.0):
        ImdsMetadata(ahead, CLOCK).identity()
        ImdsNotices(lambda: ahead).notices()
        ImdsMetadata(ahead, CLOCK).block_device_mapping()


def test_a_directory_is_asked_for_as_a_whole(imds: LabImds, ahead: ImdsAhead) -> None:
    plain = ImdsMetadata(LeanImds(CLOCK, (imds.endpoint,)), CLOCK)
    mapping = ImdsMetadata(ahead, CLOCK).block_device_mapping()
    assert (mapping, len(mapping) > 1) == (plain.block_device_mapping(), True)


def test_what_is_not_there_is_none(imds: LabImds, ahead: ImdsAhead) -> None:
    imds.faults.add("/latest/meta-data/mac", status=404)
    assert ahead.get("meta-data/mac") is None


def test_a_refusal_is_the_askers_alone(imds: LabImds, ahead: ImdsAhead) -> None:
    imds.faults.add("/latest/meta-data/mac", status=403)
    with pytest.raises(ExternalFailure) as caught:
        ahead.get("meta-data/mac")
    assert caught.value.code == "imds_refused"
    assert ahead.get("meta-data/local-hostname")


def test_an_answer_that_was_lost_is_asked_for_again(imds: LabImds, ahead: ImdsAhead) -> None:
    imds.faults.add("/latest/meta-data/mac", drop=True, times=1)
    assert ahead.get("meta-data/mac")


def test_without_a_session_nothing_is_asked(imds: LabImds, ahead: ImdsAhead) -> None:
    imds.faults.add("/latest/api/token", drop=True)
    with pytest.raises(NotYet) as caught:
        ahead.get("meta-data/mac")
    assert caught.value.code == "imds_unreachable"
    assert {request.path for request in imds.requests} == {"/latest/api/token"}
