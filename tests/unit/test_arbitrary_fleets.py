"""Whatever rows say, a look at the fleet ends in a table and a page; events keep their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import STARTED_AT
from fakes.fleet import a_group
from fakes.stacks import NAME, STACK_ID
from ladybug_fleet.fleet.model import Fleet, Member, Row, Target, Value
from ladybug_fleet.fleet.page import fleet_page
from ladybug_fleet.fleet.table import fleet_document, fleet_lines
from ladybug_fleet.fleet.view import view_of
from ladybug_fleet.stacks.following import EventStream
from ladybug_fleet.stacks.model import STACK_TYPE, StackEvent
from ladybug_fleet.stacks.outcomes import first_failure

IDS = st.sampled_from(["i-1", "i-2", "i-3"])
ANY_ID = IDS | st.text(max_size=5)
MOMENTS = st.datetimes().map(datetime.isoformat) | st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-06", "soon"]
)
VALUES: st.SearchStrategy[Value] = st.text(max_size=12) | MOMENTS | st.floats() | st.booleans()
NAMES = st.sampled_from(
    [
        *("status", "desired", "reason_code", "degraded", "degraded_reasons", "stack_name"),
        *("lease_expires_at", "snapshot_id", "snapshot_taken_at", "agent_version"),
        *("image", "image_digest", "hydration_state", "hydration_pct", "availability_zone"),
    ]
)
STATES = st.sampled_from(["healthy", "unhealthy", "InService", "Terminating:Wait", "<i>", ""])


@st.composite
def rows(draw: st.DrawFn) -> Row:
    return Row({**draw(st.dictionaries(NAMES, VALUES)), "instance_id": draw(ANY_ID)})


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    members = draw(st.lists(st.tuples(IDS, STATES), max_size=4, unique_by=lambda one: one[0]))
    return Fleet(
        at=STARTED_AT,
        group=a_group(*(Member(instance_id=a, lifecycle=b, health="Healthy") for a, b in members)),
        targets=tuple(
            Target(instance_id=a, state=b)
            for a, b in draw(st.lists(st.tuples(IDS, STATES), max_size=4))
        ),
        rows=tuple(draw(st.lists(rows(), max_size=4))),
    )


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


OURS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "p", "span", "ul", "li", "table"),
    *("caption", "time", "thead", "tr", "th", "tbody", "td", "br", "small"),
}


@given(fleets())
def test_any_rows_end_in_a_table_and_a_page_of_our_own_tags(fleet: Fleet) -> None:
    view = view_of(fleet, max_age_days=7.0)
    page, reader = fleet_page(view), Reader()
    reader.feed(page)
    assert reader.tags <= OURS
    assert all(line.isprintable() for line in fleet_lines(view))
    assert json.loads(json.dumps(fleet_document(view)))["group"] == fleet.group.name
    assert len(view.replicas) == page.count('<th scope="row">')
    assert all(one.instance_id in unescape(page) for one in view.replicas)


def event(number: int, status: str, *, own: bool) -> StackEvent:
    return StackEvent(
        event_id=str(number),
        stack_id=STACK_ID,
        at=datetime(2026, 2, 6, tzinfo=UTC) + timedelta(seconds=number),
        logical_id=NAME if own else f"r{number}",
        physical_id=STACK_ID if own else "",
        kind=STACK_TYPE if own else "AWS::Lab::Resource",
        status=status,
    )


class Growing:
    """A stack whose events come in portions."""

    def __init__(self) -> None:
        self.happened: list[StackEvent] = []

    def events(self, _stack: str) -> Iterator[StackEvent]:
        yield from self.happened[::-1]


STATUSES = st.sampled_from(["CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_COMPLETE"])
PORTIONS = st.lists(st.lists(st.tuples(STATUSES, st.booleans()), max_size=4), max_size=6)


@given(st.integers(0, 5), PORTIONS)
def test_each_event_after_the_beginning_is_told_once_in_order(
    before: int, portions: list[list[tuple[str, bool]]]
) -> None:
    stack, told = Growing(), list[str]()
    stack.happened = [event(number, "UPDATE_COMPLETE", own=True) for number in range(before)]
    stream = EventStream(stack, NAME, lambda one: told.append(one.event_id))  # type: ignore[arg-type]
    for portion in portions:
        for status, own in portion:
            stack.happened.append(event(len(stack.happened), status, own=own))
        stream.read()
    assert told == [str(number) for number in range(before, len(stack.happened))]


@given(PORTIONS)
def test_what_failed_first_is_a_resource_if_any_failed(
    portions: list[list[tuple[str, bool]]],
) -> None:
    flat = [pair for portion in portions for pair in portion]
    events = [event(number, status, own=own) for number, (status, own) in enumerate(flat)]
    failed = [one for one in events if one.status.endswith("_FAILED")]
    found = first_failure(events)
    resources = [one for one in failed if not one.is_of_the_stack]
    assert found == next(iter(resources or failed), None)
