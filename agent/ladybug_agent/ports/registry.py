"""The instance registry: who may write which row when; see `docs/registry.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

RowValue = str | int | float | bool
Row = Mapping[str, RowValue]
LeavingStatus = Literal["draining", "terminating", "terminated"]
LEAVING: tuple[LeavingStatus, ...] = ("draining", "terminating", "terminated")
"""In this order: a row goes forward through them, and never back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What one heartbeat says. It can change a row of ours and can never make one."""

    instance_id: str
    registration_id: str
    previous_seq: int
    """`hb_seq` of the row as we know it; the heartbeat is number `previous_seq` + 1."""
    write_id: str
    values: Row
    removed: tuple[str, ...] = ()
    """Attributes that are to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOutcome:
    """What came of a conditional write to a row that must be there already.

    `written`; `missing`: there is no row; `fenced`: it is another registration's; `leaving`: it is
    on its way out; `outpaced`: it is ours, but another heartbeat was written meanwhile.
    """

    verdict: Literal["written", "missing", "fenced", "leaving", "outpaced"]
    row: Row = field(default_factory=dict)
    """The row as it is now; empty if there is none."""


class InstanceRegistry(Protocol):
    """The DynamoDB table of instances. Every write is conditional.

    `desired` is the operator's: no write sets, changes or removes it.
    """

    def row(self, instance_id: str) -> Row | None:
        """Return the row by a strongly consistent read."""

    def put(self, row: Row, *, now: int) -> None:
        """Write the whole row unless another live registration holds it.

        Allowed: no row, our own `registration_id`, an older boot, `terminated`, or a lease that
        ran out before `now` (seconds since the epoch). Otherwise raises Fenced. `desired` is kept.
        """

    def withdraw(self, instance_id: str, registration_id: str, *, reason_code: str) -> bool:
        """Turn our own healthy row to `unhealthy`, in a hurry; return whether there was one.

        Never makes a row, and never touches one of another registration.
        """

    def beat(self, beat: Heartbeat) -> WriteOutcome:
        """Renew the lease and say how we are, if the row is ours and not on its way out."""

    def restore(self, row: Row) -> bool:
        """Write the whole row where there is none; return whether that was so."""

    def leave(
        self, instance_id: str, registration_id: str, status: LeavingStatus, values: Row
    ) -> WriteOutcome:
        """Take our own row forward to `status`, with `values` beside it; never back.

        `leaving` says that the row is already further on its way.
        """

    def undrain(self, instance_id: str, registration_id: str, *, reason_code: str) -> WriteOutcome:
        """Take our own row back from `draining` to `unhealthy`: the operator's way back only.

        `leaving` says that the row is further on its way, `outpaced` that it was not draining.
        """
