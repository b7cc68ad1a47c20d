"""The choice of a snapshot: the newest usable one, or why there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.clock import STARTED_AT
from fakes.snapshots import ACCOUNT, OTHER_ACCOUNT, TAGS, FakeSnapshots, a_snapshot
from ladybug_agent.errors import Refused
from ladybug_fleet.snapshots.model import COPIED_VOLUME, Choice, Snapshot, Wanted
from ladybug_fleet.snapshots.process import find_snapshot
from ladybug_fleet.snapshots.text import choice_lines, choice_outputs, doubts

WANTED = Wanted(tags=TAGS, max_age_days=7.0)
POLICY = {"aws:dlm:lifecycle-policy-id": "policy-1"}


def find(*snapshots: Snapshot, wanted: Wanted = WANTED, by_id: str | None = None) -> Choice:
    return find_snapshot(FakeSnapshots(snapshots), wanted, by_id, STARTED_AT)


def refusal(*snapshots: Snapshot, wanted: Wanted = WANTED, by_id: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        find(*snapshots, wanted=wanted, by_id=by_id)
    return caught.value


def chosen(*snapshots: Snapshot, wanted: Wanted = WANTED) -> str:
    choice = find(*snapshots, wanted=wanted)
    return choice.snapshot.snapshot_id if choice.snapshot else ""


def test_the_newest_is_chosen_in_whatever_order_they_come() -> None:
    old, new = a_snapshot("snap-old", age_days=3), a_snapshot("snap-new", age_days=1)
    assert chosen(old, new) == chosen(new, old) == "snap-new"


def test_of_two_of_the_same_moment_the_choice_is_always_the_same() -> None:
    assert chosen(a_snapshot("snap-1"), a_snapshot("snap-2")) == "snap-2"
    assert chosen(a_snapshot("snap-2"), a_snapshot("snap-1")) == "snap-2"


def test_a_copy_is_as_old_as_its_tag_says() -> None:
    copied = a_snapshot(
        "snap-copy",
        age_days=0.1,
        volume_id=COPIED_VOLUME,
        tags={"ladybug:taken-at": "2026-02-01T12:00:00Z"},
    )
    assert chosen(copied, a_snapshot("snap-own", age_days=2)) == "snap-own"
    choice = find(copied)
    assert (choice.source, choice.age_days) == ("copy", 5.0)


def test_a_copy_that_does_not_say_how_old_its_data_is_raises_a_doubt() -> None:
    choice = find(a_snapshot("snap-copy", volume_id=COPIED_VOLUME))
    (doubt,) = doubts(choice, WANTED)
    assert doubt.startswith("snap-copy is a copy without the tag ladybug:taken-at")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "pending"}, "pending"),
        ({"state": "error"}, "error"),
        ({"tier": "archive"}, "in the storage tier archive"),
        ({"encrypted": False}, "not encrypted"),
        ({"tags": {"aws:dlm:pre-script": "FAILED"}}, "its pre-script failed"),
        ({"tags": {"aws:dlm:post-script": "FAILED"}}, "its post-script failed"),
    ],
)
def test_one_that_cannot_be_used_is_passed_over_and_named(
    changes: dict[str, object], reason: str
) -> None:
    bad = a_snapshot("snap-bad", age_days=0.5, **changes)  # type: ignore[arg-type]
    choice = find(bad, a_snapshot("snap-good", age_days=2))
    assert choice.snapshot
    assert choice.snapshot.snapshot_id == "snap-good"
    assert f"  newer, but not usable: snap-bad ({reason})" in list(choice_lines(choice))


def test_another_repositorys_snapshot_is_not_looked_at() -> None:
    assert chosen(a_snapshot("snap-other", age_days=0, tags={"Repository": "x"}), a_snapshot())


def test_finding_01_a_first_deployment_without_any_snapshot_is_possible_on_request() -> None:
    choice = find(wanted=replace(WANTED, allow_empty=True))
    outputs = choice_outputs(choice)
    assert (outputs["snapshot_id"], outputs["data_mode"]) == ("", "empty")
    assert outputs["source"] == "empty"
    assert list(doubts(choice, WANTED)) == list(choice_lines(choice))
    assert "empty by request" in next(choice_lines(choice))


def test_finding_01_without_that_request_it_says_how_to_make_it() -> None:
    error = refusal()
    assert error.code == "snapshot_none"
    assert "--allow-empty" in error.hint


def test_finding_01_a_snapshot_that_cannot_be_used_yet_is_no_first_deployment() -> None:
    error = refusal(a_snapshot(state="pending"), wanted=replace(WANTED, allow_empty=True))
    assert error.code == "snapshot_pending_only"


def test_finding_06_source_age_and_id_are_outputs() -> None:
    outputs = choice_outputs(find(a_snapshot("snap-1", age_days=1.5, tags=POLICY)))
    assert outputs == {
        "snapshot_id": "snap-1",
        "data_mode": "snapshot",
        "source": "lifecycle_policy",
        "source_volume_id": "vol-1",
        "taken_at": "2026-02-05T00:00:00Z",
        "age_days": "1.5",
        "stale": "false",
        "encrypted": "true",
    }


def test_finding_06_the_outputs_are_the_same_names_whatever_was_chosen() -> None:
    empty = find(wanted=replace(WANTED, allow_empty=True))
    assert list(choice_outputs(empty)) == list(choice_outputs(find(a_snapshot())))


def test_finding_11_one_older_than_seven_days_is_warned_about() -> None:
    choice = find(a_snapshot(age_days=7.5))
    assert choice_outputs(choice)["stale"] == "true"
    assert list(doubts(choice, WANTED)) == [
        "snap-1 is 7.5 days old, more than 7: does the snapshot schedule still run?"
    ]


def test_finding_11_one_of_seven_days_is_not() -> None:
    choice = find(a_snapshot(age_days=7.0))
    assert (choice.is_stale, list(doubts(choice, WANTED))) == (False, [])


def test_finding_11_a_stale_one_is_refused_where_that_is_asked_for() -> None:
    error = refusal(a_snapshot(age_days=8), wanted=replace(WANTED, refuse_stale=True))
    assert (error.code, "8.0 days ago" in str(error)) == ("snapshot_stale", True)


def test_finding_21_only_unencrypted_ones_are_refused() -> None:
    error = refusal(a_snapshot(encrypted=False))
    assert error.code == "snapshot_unencrypted_only"
    assert str(error).endswith("found only snap-1 (not encrypted)")


def test_finding_21_an_unencrypted_one_is_taken_on_request_with_a_warning() -> None:
    choice = find(a_snapshot(encrypted=False), wanted=replace(WANTED, allow_unencrypted=True))
    assert choice_outputs(choice)["encrypted"] == "false"
    assert list(doubts(choice, WANTED)) == ["snap-1 is not encrypted"]


def test_only_pending_ones_are_refused_with_how_far_they_are() -> None:
    error = refusal(a_snapshot(state="pending"))
    assert error.code == "snapshot_pending_only"
    assert "snap-1 (pending, 40%)" in str(error)


def test_different_defects_are_all_named() -> None:
    error = refusal(a_snapshot("snap-1", state="pending"), a_snapshot("snap-2", encrypted=False))
    assert error.code == "snapshot_unusable"
    assert "snap-2 (not encrypted), snap-1 (pending, 40%)" in str(error)


def test_one_that_only_another_account_has_is_named_with_that_account() -> None:
    error = refusal(a_snapshot("snap-far", owner_id=OTHER_ACCOUNT))
    assert error.code == "snapshot_in_other_account"
    assert f"what {OTHER_ACCOUNT} shares: snap-far" in str(error)


def test_one_asked_for_by_id_may_be_any_that_can_be_used() -> None:
    new, old = a_snapshot("snap-new"), a_snapshot("snap-old", age_days=3)
    choice = find(new, old, by_id="snap-old")
    assert choice.snapshot == old


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (a_snapshot("snap-x", owner_id=OTHER_ACCOUNT), "snapshot_in_other_account"),
        (a_snapshot("snap-x", state="pending"), "snapshot_pending_only"),
        (a_snapshot("snap-x", encrypted=False), "snapshot_unencrypted_only"),
        (a_snapshot("snap-x", tags={"Repository": "other"}), "snapshot_unusable"),
        (a_snapshot("snap-y"), "snapshot_none"),
    ],
)
def test_one_asked_for_by_id_that_cannot_be_used_is_refused(snapshot: Snapshot, code: str) -> None:
    assert refusal(snapshot, by_id="snap-x").code == code


def test_absence_names_the_tags_and_the_account() -> None:
    assert str(refusal()) == (
        f"wanted a snapshot with Environment=prod Repository=sec, found none in account {ACCOUNT}"
    )
