"""What `status` says of a drain, a refresh and what is announced."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.leaving import Replica
from ladybug_agent.announced import write_announced
from ladybug_agent.drain.told import departures_so_far
from ladybug_agent.survey import Finding


def told(replica: Replica) -> tuple[Finding, ...]:
    return departures_so_far(replica.state, str(replica.row["boot_id"]))


def test_a_replica_that_stays_has_nothing_to_tell(tmp_path: Path) -> None:
    assert told(Replica.up(tmp_path)) == ()


def test_a_drain_is_told_with_its_trigger_and_is_not_good(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain("spot_interruption")
    (found,) = told(replica)
    assert (found.verdict, found.text) == (
        "bad",
        "drained (spot_interruption): this replica leaves",
    )


def test_a_drain_that_was_undone_is_no_longer_bad(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain()
    replica.state.drain_undone.touch()
    assert [finding.verdict for finding in told(replica)] == ["good"]


def test_the_last_refresh_is_told(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    record = {"result": "rolled-back", "boot_id": replica.row["boot_id"]}
    replica.state.refresh.write_text(json.dumps(record))
    assert [finding.text for finding in told(replica)] == ["the last one: rolled-back"]


def test_what_is_announced_is_told(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    write_announced(replica.state.announced, ("rebalance_recommended",))
    assert [finding.text for finding in told(replica)] == ["rebalance_recommended"]


def test_what_is_of_another_boot_or_torn_is_not_told(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    for text in ("", "{", "[]", '{"result": "updated", "boot_id": "another"}'):
        replica.state.refresh.write_text(text)
        replica.state.drain.write_text(text)
        replica.state.announced.write_text(text)
        assert told(replica) == ()
