"""A replica whose Docker engine hangs, or was restarted, and is to leave or to be refreshed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ladybug_lab.instance import LabInstance
from support.booting import row_of
from support.leaving import HOOK, agent, drain_record, serving, step_of
from support.second_engine import SecondEngine, second_engine

pytestmark = pytest.mark.integration


@pytest.fixture
def engine() -> Iterator[SecondEngine]:
    with second_engine() as running:
        yield running


@pytest.fixture
def replica(instance: LabInstance, engine: SecondEngine) -> LabInstance:
    sections = {"container": {"docker_host": engine.url}}
    return serving(instance, sections=sections, stop_grace_s=2, budget_s=50)


def test_an_engine_that_hangs_holds_neither_row_nor_hook(
    replica: LabInstance, engine: SecondEngine
) -> None:
    began = time.monotonic()
    with engine.hung():
        done = agent(replica, "drain", "--trigger", "asg_termination")
    assert time.monotonic() - began < 50
    assert (done.status, done.document()["result"]) == (1, "incomplete"), done.document()
    row = row_of(replica)
    assert row is not None
    assert (row["status"], row["reason_code"]) == ("terminating", "asg_termination")
    assert [one.accepted for one in replica.aws.lifecycle_results if one.hook == HOOK] == [True]
    assert step_of(drain_record(replica), "stop_container")["verdict"] == "failed"
    assert done.events[-1]["event"] == "drain_finished"
    again = agent(replica, "drain")
    row = row_of(replica)
    assert row is not None
    assert (again.document()["result"], row["status"]) == ("drained", "terminated")
    assert engine.status(replica.order.container) == "exited"


def test_a_refresh_is_deferred_while_the_engine_hangs(
    replica: LabInstance, engine: SecondEngine
) -> None:
    with engine.hung():
        done = agent(replica, "refresh")
    assert (done.status, done.document()["code"]) == (75, "replica_not_healthy"), done.document()
    row = row_of(replica)
    assert row is not None
    assert (row["status"], engine.status(replica.order.container)) == ("healthy", "running")


def test_after_a_restart_of_the_engine_a_refresh_is_deferred_and_a_drain_ends_well(
    replica: LabInstance, engine: SecondEngine
) -> None:
    engine.stop()
    engine.start()
    assert engine.status(replica.order.container) == "exited"
    assert agent(replica, "refresh").document()["code"] == "replica_not_healthy"
    done = agent(replica, "drain")
    row = row_of(replica)
    assert row is not None
    assert (done.status, done.document()["result"], row["status"]) == (0, "drained", "terminated")
