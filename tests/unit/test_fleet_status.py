"""The fleet at one look: table, document and page, and who disagrees."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fakes.clock import STARTED_AT
from fakes.fleet import (
    NOW_S,
    FakeSight,
    a_fleet,
    a_group,
    a_member,
    a_row,
    with_group,
)
from ladybug_agent.errors import ConfigError
from ladybug_fleet.fleet.judging import disagreements
from ladybug_fleet.fleet.location import GROUP_TYPE, locate
from ladybug_fleet.fleet.looking import look_at
from ladybug_fleet.fleet.model import Fleet, Row, Target
from ladybug_fleet.fleet.page import fleet_page
from ladybug_fleet.fleet.table import fleet_document, fleet_lines
from ladybug_fleet.fleet.view import FleetView, view_of
from ladybug_fleet.stacks.model import StackFacts

EVIL = "<script>alert(1)</script>\"'&"


def view(fleet: Fleet) -> FleetView:
    return view_of(fleet, max_age_days=7.0)


def text(fleet: Fleet) -> str:
    return "\n".join(fleet_lines(view(fleet)))


def disputes(fleet: Fleet) -> dict[str, str]:
    return {one.instance_id: one.text for one in disagreements(fleet)}


def test_a_fleet_in_which_all_agree_is_good() -> None:
    fleet = a_fleet("i-1", "i-2")
    assert (view(fleet).is_good, disputes(fleet)) == (True, {})
    assert text(fleet).splitlines()[0].startswith("good: replicas at 2026-02-06T12:00:00Z: 2 ready")


def test_the_table_has_versions_snapshots_ages_leases_and_hydration() -> None:
    line = text(replace(a_fleet("i-1"), rows=(a_row("i-1", hydration_pct=42.0),))).splitlines()[2]
    assert line.split() == [
        *("i-1", "us-east-1a", "InService", "healthy", "healthy", "86400", "s", "0.1.0"),
        *("snap-1", "1.0", "d", "complete", "42", "%"),
    ]


def test_a_fleet_that_lacks_a_replica_is_not_good() -> None:
    assert not view(a_fleet("i-1", desired=2)).is_good


def test_a_row_of_an_instance_that_is_gone_is_in_dispute() -> None:
    fleet = replace(a_fleet("i-1"), rows=(a_row("i-1"), a_row("i-gone")))
    assert disputes(fleet) == {
        "i-gone": "the registry sends requests to it, but Auto Scaling does not have it"
    }


def test_a_target_of_an_instance_that_is_gone_is_in_dispute() -> None:
    fleet = a_fleet("i-1")
    fleet = replace(fleet, targets=(*fleet.targets, Target(instance_id="i-x", state="healthy")))
    assert disputes(fleet) == {
        "i-x": "the load balancer sends requests to it, but Auto Scaling does not have it"
    }


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (a_row("i-1", status="unhealthy", reason_code="x"), "registry: unhealthy (x)"),
        (a_row("i-1", lease_expires_at=NOW_S - 60), "registry: lease over for 60 s"),
        (a_row("i-1", desired="maintenance"), "registry: maintenance"),
    ],
)
def test_a_replica_that_only_the_load_balancer_uses_is_in_dispute(row: Row, why: str) -> None:
    assert disputes(replace(a_fleet("i-1"), rows=(row,))) == {
        "i-1": f"the load balancer sends requests to it, the registry does not ({why})"
    }


def test_a_replica_that_only_the_registry_lists_is_in_dispute() -> None:
    fleet = replace(a_fleet("i-1"), targets=(Target(instance_id="i-1", state="unhealthy"),))
    assert disputes(fleet) == {
        "i-1": "the registry sends requests to it, the load balancer does not"
        " (load balancer: unhealthy)"
    }


def test_a_replica_in_service_that_nobody_uses_is_in_dispute() -> None:
    fleet = replace(a_fleet("i-1"), targets=(), rows=())
    assert disputes(fleet) == {
        "i-1": "Auto Scaling has it in service, nobody sends requests (no row in the registry)"
    }


def test_a_replica_that_boots_or_leaves_is_in_no_dispute() -> None:
    members = (a_member("i-1", "Pending:Wait"), a_member("i-2", "Terminating:Wait"))
    fleet = Fleet(
        at=STARTED_AT,
        group=a_group(*members, desired=0),
        targets=(Target(instance_id="i-2", state="draining"),),
        rows=(a_row("i-2", status="draining"),),
    )
    assert disputes(fleet) == {}


def test_mixed_versions_lost_snapshots_and_old_data_are_remarked_upon() -> None:
    old = a_row("i-2", agent_version="0.0.9", snapshot_taken_at="2026-01-01T00:00:00Z")
    fleet = replace(a_fleet("i-1", "i-2"), rows=(a_row("i-1"), old), lost_snapshots=("snap-1",))
    assert view(with_group(fleet, suspended=frozenset({"Launch"}))).remarks == (
        "suspended: Launch",
        "the launch template's snapshot is gone: snap-1",
        "several agent versions: 0.1.0 (1), 0.0.9 (1)",
        "data older than 7 days: i-2 (36.5)",
    )


def test_if_no_row_is_healthy_the_registry_is_looked_at_first() -> None:
    fleet = replace(a_fleet("i-1"), rows=())
    assert view(fleet).remarks == (
        "no replica is healthy by the registry: look at the registry before the replicas",
    )


def test_rows_of_other_fleets_are_left_out_and_those_of_the_stack_are_not() -> None:
    rows = (
        a_row("i-1"),
        a_row("i-other", stack_name="other"),
        a_row("i-lost", stack_name="mine"),
        a_row("i-left", stack_name="mine", status="terminated"),
    )
    fleet = look_at(FakeSight(replace(a_fleet("i-1"), rows=rows)), "mine", STARTED_AT)
    assert [row.instance_id for row in fleet.rows] == ["i-1", "i-lost"]


def test_an_instance_in_two_target_groups_is_healthy_in_both() -> None:
    targets = (
        Target(instance_id="i-1", state="unhealthy"),
        Target(instance_id="i-1", state="healthy"),
    )
    sight = FakeSight(replace(a_fleet("i-1"), targets=targets))
    assert [one.state for one in look_at(sight, "", STARTED_AT).targets] == ["unhealthy"]


def test_the_document_is_plain_json() -> None:
    document = json.loads(json.dumps(fleet_document(view(a_fleet("i-1")))))
    assert (document["schema"], document["good"]) == ("ladybug.fleet-status/1", True)
    assert document["replicas"][0]["snapshot_id"] == "snap-1"


class Tags(HTMLParser):
    """Collects what a browser would see: tags, attributes, and the text of cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def evil_fleet() -> Fleet:
    names = ("status", "agent_version", "image_digest", "snapshot_id", "hydration_state")
    row = a_row("i-1", reason_code=EVIL, stack_name=EVIL, **dict.fromkeys(names, EVIL))
    ghost = a_row(EVIL, availability_zone=EVIL, instance_type=EVIL)
    target = Target(instance_id="i-1", state=EVIL, reason=EVIL)
    fleet = replace(a_fleet("i-1"), rows=(row, ghost), targets=(target,), lost_snapshots=(EVIL,))
    return with_group(fleet, name=EVIL)


def test_whatever_a_row_says_is_text_on_the_page() -> None:
    page = fleet_page(view(evil_fleet()))
    seen = Tags(page)
    assert "script" not in seen.tags
    assert seen.open == []
    assert seen.text.count("<script>") > 10


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = fleet_page(view(a_fleet("i-1")))
    assert not re.search(r"https?:|url\(|@import|src=|href=", page)
    assert "default-src 'none'" in page


def test_the_page_is_for_phones_the_dark_and_paper() -> None:
    page = fleet_page(view(a_fleet("i-1")))
    assert 'name="viewport"' in page
    for rule in ("prefers-color-scheme: dark", "max-width", "@media print", "size: landscape"):
        assert rule in page
    labels = re.findall(r'<td data-label="([^"]+)"', page)
    headings = re.findall(r'<th scope="col">([^<]+)', page)
    assert ["Instance", *labels] == headings


def test_the_page_says_for_each_replica_what_is_wrong() -> None:
    page = fleet_page(view(replace(a_fleet("i-1"), rows=())))
    assert "the registry does not (no row in the registry)" in page
    assert "not good" in page


def test_a_terminal_is_not_told_what_to_do_by_a_row() -> None:
    fleet = replace(a_fleet("i-1"), rows=(a_row("i-1", status="\x1b[2J"),))
    assert "\x1b" not in text(fleet)


class OneStack:
    def __init__(self, *groups: str, table: str = "registry") -> None:
        self._groups = groups
        self._parameters = {"RegistryTable": table} if table else {}

    def stack(self, name: str) -> StackFacts | None:
        known = StackFacts(name=name, stack_id="", status="", parameters=self._parameters)
        return known if name == "replicas" else None

    def resources(self, _stack: str, kind: str) -> tuple[str, ...]:
        return self._groups if kind == GROUP_TYPE else ()


def test_a_stack_says_where_its_fleet_is() -> None:
    location = locate(OneStack("group-1"), "replicas", "", "")
    assert (location.group, location.table) == ("group-1", "registry")


def test_what_is_named_goes_before_what_the_stack_says() -> None:
    location = locate(OneStack("group-1", "group-2"), "replicas", "group-2", "")
    assert (location.group, location.table) == ("group-2", "registry")


@pytest.mark.parametrize(
    ("stack", "stacks", "code"),
    [
        ("", OneStack(), "fleet_usage"),
        ("elsewhere", OneStack(), "stack_missing"),
        ("replicas", OneStack("a", "b"), "fleet_usage"),
        ("replicas", OneStack("a", table=""), "fleet_usage"),
    ],
)
def test_a_fleet_that_is_not_named_well_is_refused(stack: str, stacks: OneStack, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        locate(stacks, stack, "", "")
    assert caught.value.code == code
