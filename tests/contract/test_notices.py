"""What instance metadata announces, on the lab's own metadata service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ladybug_agent.adapters.imds import Imds
from ladybug_agent.adapters.notices import ImdsNotices
from ladybug_agent.errors import NotYet
from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, SpotNotice
from ladybug_lab.imds.server import LabImds

AT = datetime(2026, 2, 6, 12, 2, 0, tzinfo=UTC)
EVENT = {
    "NotBefore": "21 Jan 2019 09:00:43 GMT",
    "Code": "system-reboot",
    "Description": "scheduled reboot",
    "EventId": "instance-event-0d59937288b749b32",
    "NotAfter": "21 Jan 2019 09:17:23 GMT",
    "State": "active",
}


def look(imds: LabImds) -> Notices:
    return ImdsNotices(lambda: Imds((imds.endpoint,))).notices()


def test_an_instance_that_stays_hears_of_nothing(imds: LabImds) -> None:
    assert look(imds) == Notices()


def test_the_target_state_of_the_group_is_told(imds: LabImds) -> None:
    imds.facts = replace(imds.facts, target_lifecycle_state="Terminated")
    assert look(imds).target_lifecycle_state == "Terminated"


def test_a_spot_notice_is_told_with_its_time(imds: LabImds) -> None:
    imds.facts = replace(imds.facts, spot_action=("terminate", AT))
    assert look(imds).spot == SpotNotice(action="terminate", at=AT)


def test_a_rebalance_recommendation_is_told(imds: LabImds) -> None:
    imds.facts = replace(imds.facts, rebalance_at=AT)
    assert look(imds).rebalance_at == AT


def test_scheduled_events_are_told_in_the_format_of_their_own(imds: LabImds) -> None:
    imds.facts = replace(imds.facts, events=(EVENT,))
    assert look(imds).events == (
        ScheduledEvent(
            event_id="instance-event-0d59937288b749b32",
            code="system-reboot",
            state="active",
            not_before=datetime(2019, 1, 21, 9, 0, 43, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"action": "stop"}', "[" * 9999])
def test_a_notice_that_cannot_be_read_hides_no_other(imds: LabImds, body: str) -> None:
    imds.facts = replace(imds.facts, target_lifecycle_state="Terminated")
    imds.faults.add("/latest/meta-data/spot/instance-action", body=body or "x")
    garbled = ("meta-data/spot/instance-action",)
    assert look(imds) == Notices(target_lifecycle_state="Terminated", garbled=garbled)


def test_metadata_that_is_silent_is_for_the_caller_to_wait_for(imds: LabImds) -> None:
    imds.faults.add("/latest/", drop=True)
    with pytest.raises(NotYet):
        look(imds)
