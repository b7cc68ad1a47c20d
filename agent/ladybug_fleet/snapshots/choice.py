"""The choice: the newest snapshot that can be used, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ladybug_agent.clock import iso_utc
from ladybug_agent.errors import AgentError, Refused
from ladybug_fleet.snapshots.model import SCRIPT_TAGS, Choice, PassedOver, Snapshot, Wanted

DAY_S = 86400.0
PENDING, UNENCRYPTED = "pending", "not encrypted"
ELSEWHERE = (
    "copy it into this account with a key of this account (`aws ec2 copy-snapshot --encrypted`),"
    " and tag the copy, `ladybug:taken-at` included"
)


def choose_snapshot(found: Sequence[Snapshot], wanted: Wanted, now: datetime) -> Choice:
    """Return the newest usable one of this account's snapshots, by when its data was taken.

    Raises Refused, with a code for each way in which there is none. `allow_empty` counts only
    where there is no snapshot at all: one that is unusable for the moment is no first deployment.
    """
    if not found and wanted.allow_empty:
        return Choice(snapshot=None, age_days=0.0, is_stale=False)
    # The ids break a tie, so that two runs choose alike.
    ordered = sorted(found, key=lambda one: (one.taken_at, one.snapshot_id), reverse=True)
    newer: list[PassedOver] = []
    for snapshot in ordered:
        defect = judge_defect(snapshot, wanted)
        if defect is None:
            return _chosen(snapshot, tuple(newer), wanted, now)
        newer.append(PassedOver(snapshot=snapshot, reason=defect))
    raise _none_usable(newer, wanted)


def judge_defect(snapshot: Snapshot, wanted: Wanted) -> str | None:
    """Return why the snapshot cannot be used, in words; None if it can."""
    if snapshot.state != "completed":
        return snapshot.state
    failed = [name for name in SCRIPT_TAGS if snapshot.tags.get(name) == "FAILED"]
    if failed:
        return f"its {failed[0].removeprefix('aws:dlm:')} failed"
    if snapshot.tier != "standard":
        return f"in the storage tier {snapshot.tier}"
    if not snapshot.encrypted and not wanted.allow_unencrypted:
        return UNENCRYPTED
    return None


def judge_requested(
    snapshot_id: str, snapshot: Snapshot | None, account: str, wanted: Wanted
) -> Snapshot:
    """Return the snapshot that was asked for by its id. Raises Refused if it is not there or ours.

    Whether it can be used is for `choose_snapshot` to say.
    """
    if snapshot is None:
        raise Refused(
            "snapshot_none",
            f"wanted {snapshot_id}, found none of this id that account {account} can see",
            hint="look at the id and the region; deleted snapshots may be in the recycle bin",
        )
    if snapshot.owner_id != account:
        raise _foreign([snapshot], account)
    differing = {
        name: snapshot.tags.get(name, "")
        for name, value in wanted.tags.items()
        if snapshot.tags.get(name) != value
    }
    if differing:
        raise Refused(
            "snapshot_unusable",
            f"wanted {snapshot.snapshot_id} with {_words(wanted.tags)}, found {_words(differing)}",
            hint="name another snapshot, or leave out the tags",
        )
    return snapshot


def judge_absence(shared: Sequence[Snapshot], account: str, wanted: Wanted) -> AgentError:
    """Return the error for an account that has no such snapshot at all."""
    foreign = [one for one in shared if one.owner_id != account]
    if foreign:
        return _foreign(foreign, account)
    return Refused(
        "snapshot_none",
        f"wanted a snapshot with {_words(wanted.tags)}, found none in account {account}",
        hint="for a first deployment without data pass --allow-empty; else look at the tags, the"
        " region, and whether the snapshot schedule runs",
    )


def _chosen(
    snapshot: Snapshot, newer: tuple[PassedOver, ...], wanted: Wanted, now: datetime
) -> Choice:
    age_days = (now - snapshot.taken_at).total_seconds() / DAY_S
    is_stale = age_days > wanted.max_age_days
    if is_stale and wanted.refuse_stale:
        raise Refused(
            "snapshot_stale",
            f"the data of {snapshot.snapshot_id} was taken at {iso_utc(snapshot.taken_at)},"
            f" {age_days:.1f} days ago; at most {wanted.max_age_days:g} are allowed",
            hint="does the snapshot schedule still run? take one now, or raise --max-age-days",
        )
    return Choice(snapshot=snapshot, age_days=age_days, is_stale=is_stale, newer=newer)


def _none_usable(unusable: Sequence[PassedOver], wanted: Wanted) -> AgentError:
    reasons = {one.reason for one in unusable}
    listed = ", ".join(f"{one.snapshot.snapshot_id} ({_why(one)})" for one in unusable[:5])
    found = f"wanted a usable snapshot with {_words(wanted.tags)}, found only {listed}"
    if reasons == {PENDING}:
        return Refused(
            "snapshot_pending_only",
            found,
            hint="run this again when it is completed; the first of a volume takes longest",
        )
    if reasons == {UNENCRYPTED}:
        return Refused(
            "snapshot_unencrypted_only",
            found,
            hint="copy it with `aws ec2 copy-snapshot --encrypted` and tag the copy, or accept it"
            " with --allow-unencrypted; and encrypt the volume it is taken of",
        )
    return Refused(
        "snapshot_unusable", found, hint="take a new snapshot, and look at how these were taken"
    )


def _foreign(foreign: Sequence[Snapshot], account: str) -> Refused:
    owners = ", ".join(sorted({one.owner_id for one in foreign}))
    some = ", ".join(one.snapshot_id for one in foreign[:5])
    return Refused(
        "snapshot_in_other_account",
        f"wanted a snapshot of account {account}, found only what {owners} shares: {some}",
        hint=ELSEWHERE,
    )


def _why(one: PassedOver) -> str:
    return f"{one.reason}, {one.snapshot.progress}" if one.reason == PENDING else one.reason


def _words(tags: Mapping[str, str]) -> str:
    """Return tags as `Name=value Name=value`; `no tags` for none."""
    return " ".join(f"{name}={value}" for name, value in tags.items()) or "no tags"
