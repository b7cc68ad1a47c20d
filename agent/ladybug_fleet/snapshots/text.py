"""A choice for people, for programs and for the steps of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from ladybug_agent.clock import iso_utc
from ladybug_fleet.snapshots.model import TAKEN_AT_TAG, Choice, Wanted

EMPTY = "empty by request: no snapshot, and replicas without data that say so"


def choice_document(choice: Choice) -> dict[str, object]:
    snapshot = choice.snapshot
    document: dict[str, object] = {
        "snapshot_id": snapshot.snapshot_id if snapshot else "",
        "data_mode": "snapshot" if snapshot else "empty",
        "source": choice.source,
        "passed_over": [
            {"snapshot_id": one.snapshot.snapshot_id, "reason": one.reason} for one in choice.newer
        ],
    }
    if snapshot:
        document |= {
            "source_volume_id": "" if snapshot.is_copy else snapshot.volume_id,
            "taken_at": iso_utc(snapshot.taken_at),
            "age_days": round(choice.age_days, 2),
            "stale": choice.is_stale,
            "encrypted": snapshot.encrypted,
            "size_gib": snapshot.size_gib,
        }
    return document


def choice_outputs(choice: Choice) -> dict[str, str]:
    """Return the outputs of a GitHub step; all of them, whatever was chosen."""
    said = choice_document(choice)
    names = ("snapshot_id", "data_mode", "source", "source_volume_id", "taken_at", "age_days")
    outputs = {name: str(said.get(name, "")) for name in names}
    return outputs | {name: str(said.get(name, False)).lower() for name in ("stale", "encrypted")}


def choice_lines(choice: Choice) -> Iterator[str]:
    snapshot = choice.snapshot
    if snapshot is None:
        yield EMPTY
        return
    sealed = "encrypted" if snapshot.encrypted else "NOT ENCRYPTED"
    yield f"{snapshot.snapshot_id}  {snapshot.size_gib} GiB, {sealed}"
    origin = "" if snapshot.is_copy else f" of {snapshot.volume_id}"
    yield f"  source  {snapshot.source}{origin}"
    yield f"  taken   {iso_utc(snapshot.taken_at)}, {choice.age_days:.1f} days ago"
    for one in choice.newer:
        yield f"  newer, but not usable: {one.snapshot.snapshot_id} ({one.reason})"


def doubts(choice: Choice, wanted: Wanted) -> Iterator[str]:
    """Yield what speaks against the choice without forbidding it."""
    snapshot = choice.snapshot
    if snapshot is None:
        yield EMPTY
        return
    if choice.is_stale:
        yield (
            f"{snapshot.snapshot_id} is {choice.age_days:.1f} days old, more than"
            f" {wanted.max_age_days:g}: does the snapshot schedule still run?"
        )
    if not snapshot.encrypted:
        yield f"{snapshot.snapshot_id} is not encrypted"
    if snapshot.is_copy and snapshot.tagged_at is None:
        yield (
            f"{snapshot.snapshot_id} is a copy without the tag {TAKEN_AT_TAG}: its data is older"
            " than it says, by an unknown time"
        )
    if choice.newer:
        yield f"{len(choice.newer)} snapshots with newer data cannot be used: see the result"
