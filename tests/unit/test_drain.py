"""Leaving in order, whatever hangs."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import KEY
from fakes.leaving import FakePower, Replica
from ladybug_agent.drain.text import drain_status
from ladybug_agent.errors import Cancelled, ConfigError, ExternalFailure, Fenced
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.model.lifecycle import Trigger

STEPS = [
    "row_draining",
    "end_boot",
    "await_deregistered",
    "await_connections",
    "row_terminating",
    "stop_container",
    "unmount",
    "row_terminated",
    "complete_hook",
]
REGISTRY_DOWN = ExternalFailure("aws_unreachable", "no connection to dynamodb", hint="check")
ENGINE_DOWN = ExternalFailure("container_engine_unreachable", "no engine", hint="start it")


def test_a_replica_leaves_in_order(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    record = replica.drain("spot_interruption")
    assert [(step.name, step.verdict) for step in record.steps] == [(n, "done") for n in STEPS]
    assert (record.result, record.phase) == ("drained", "drained")
    assert replica.machine.container_status == "exited"
    assert not replica.is_mounted
    row = replica.row
    assert (row["status"], row["reason_code"]) == ("terminated", "spot_interruption")
    assert int(str(row["ttl"])) < int(replica.clock.utcnow().timestamp()) + 25 * 3600
    assert replica.world.hook
    assert replica.world.hook.completed == 1
    assert drain_status(record) == ExitStatus.GOOD


def test_the_row_says_draining_before_anything_else_happens(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    balancer = replica.world.balancer
    assert balancer
    seen: list[object] = []
    balancer.hangs = lambda: seen.append((replica.row["status"], replica.machine.container_status))
    replica.drain()
    assert set(seen) == {("draining", "running")}


@pytest.mark.parametrize(
    "trigger",
    ["asg_termination", "spot_interruption", "scheduled_event", "shutdown", "operator"],
)
def test_the_row_keeps_why(tmp_path: Path, trigger: Trigger) -> None:
    replica = Replica.up(tmp_path, power=FakePower(stopping=True))
    replica.drain(trigger)
    assert replica.row["reason_code"] == trigger


def test_a_drain_waits_for_the_load_balancer_and_then_for_connections(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.world.connections.count = 3
    replica.world.connections.close_after_s = 20.0
    record = replica.drain()
    assert record.result == "drained"
    assert 20.0 <= replica.clock.passed_s < 24.0


def test_a_balancer_that_never_ends_takes_only_its_share_of_the_budget(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    assert replica.world.balancer
    replica.world.balancer.delay_s = 10**6
    record = replica.drain()
    assert (record.result, record.failed("await_deregistered")) == ("drained", True)
    assert replica.clock.passed_s < 100.0


def test_connections_that_never_close_are_cut_in_time(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.world.connections.count = 7
    record = replica.drain()
    step = next(step for step in record.steps if step.name == "await_connections")
    assert (step.verdict, step.detail) == ("failed", "connections_open")
    assert replica.clock.passed_s <= 100.0
    assert replica.row["status"] == "terminated"


def test_nobody_is_asked_where_no_balancer_and_no_hook_are_configured(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path, balancer=None, hook=None)
    record = replica.drain()
    skipped = {step.name for step in record.steps if step.verdict == "skipped"}
    assert (record.result, skipped) == ("drained", {"await_deregistered", "complete_hook"})


def test_a_balancer_that_may_not_be_asked_is_not_asked_again(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    assert replica.world.balancer
    replica.world.balancer.raises = ExternalFailure("aws_access_denied", "no", hint="allow")
    record = replica.drain()
    assert (record.result, record.failed("await_deregistered")) == ("drained", True)
    assert replica.clock.passed_s == 0.0


def test_a_registry_that_is_down_keeps_nobody_from_leaving(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.machine.world.instance_registry.raises = REGISTRY_DOWN
    record = replica.drain("spot_interruption")
    assert record.result == "drained"
    assert (replica.machine.container_status, replica.is_mounted) == ("exited", False)
    assert replica.world.hook
    assert replica.world.hook.completed == 1
    assert drain_status(record) == ExitStatus.RESULT_NOT_WRITTEN


def test_an_engine_that_hangs_leaves_the_row_terminating_and_completes_the_hook(
    tmp_path: Path,
) -> None:
    replica = Replica.up(tmp_path)
    replica.world.engine.refuses["stop"] = ENGINE_DOWN
    record = replica.drain("asg_termination")
    assert (record.result, replica.row["status"]) == ("incomplete", "terminating")
    assert replica.is_mounted
    assert replica.world.hook
    assert replica.world.hook.completed == 1
    assert drain_status(record) == ExitStatus.NOT_GOOD


def test_a_drain_that_was_incomplete_can_be_run_again(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.world.engine.refuses["stop"] = ENGINE_DOWN
    replica.drain()
    replica.world.engine.refuses.clear()
    assert (replica.drain().result, replica.row["status"]) == ("drained", "terminated")


def test_a_second_drain_finds_it_done(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain()
    writes = replica.machine.world.instance_registry.writes
    record = replica.drain()
    assert [step.name for step in record.steps] == ["complete_hook"]
    assert (record.result, drain_status(record)) == ("already-drained", ExitStatus.GOOD)
    assert replica.machine.world.instance_registry.writes == writes


def test_a_drain_does_over_again_what_somebody_has_undone_by_hand(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.drain()
    spec = next(iter(replica.world.engine.specs.values()))
    replica.world.engine.containers.clear()
    replica.world.engine.run(spec)
    assert replica.drain().result == "drained"
    assert replica.machine.container_status == "exited"


def test_the_hook_of_a_termination_is_asked_until_it_is_there(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    assert replica.world.hook
    replica.world.hook.on_after_s = 60.0
    record = replica.drain("asg_termination")
    assert (record.result, replica.world.hook.completed) == ("drained", 1)
    assert 60.0 <= replica.clock.passed_s < 64.0


def test_the_hook_of_nobody_is_not_waited_for(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    assert replica.world.hook
    replica.world.hook.on_after_s = 10**6
    record = replica.drain("operator")
    assert record.steps[-1].detail == "not_expected"
    assert drain_status(record) == ExitStatus.GOOD


def test_a_hook_that_is_never_there_is_given_up_at_the_end_of_the_budget(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    assert replica.world.hook
    replica.world.hook.verdict = "failed"
    record = replica.drain("asg_termination")
    assert (record.result, record.steps[-1].detail) == ("drained", "hook_not_completed")
    assert replica.clock.passed_s <= 101.0
    assert drain_status(record) == ExitStatus.NOT_GOOD


def test_another_registration_is_not_drained(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    theirs = {**replica.row, "registration_id": "somebody-else"}
    replica.machine.world.instance_registry.rows[KEY] = theirs
    with pytest.raises(Fenced):
        replica.drain("asg_termination")
    assert (replica.row, replica.machine.container_status) == (theirs, "running")


def test_a_shutdown_that_is_none_drains_nothing(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    record = replica.drain("shutdown")
    assert (record.result, drain_status(record)) == ("not-needed", ExitStatus.GOOD)
    assert (replica.row["status"], replica.machine.container_status) == ("healthy", "running")


def test_a_drain_that_is_told_to_stop_stops_where_it_can_be_undone(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    deadline = replica.deadline()
    assert replica.world.balancer
    replica.world.balancer.hangs = deadline.cancel
    with pytest.raises(Cancelled):
        replica.drain(deadline=deadline)
    assert (replica.row["status"], replica.machine.container_status) == ("draining", "running")


def test_a_short_budget_skips_the_waiting_and_nothing_else(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.world.connections.count = 7
    record = replica.drain("spot_interruption", replica.deadline(12.0))
    assert (record.result, replica.row["status"]) == ("drained", "terminated")
    assert replica.clock.passed_s < 12.0


def test_a_boot_that_is_under_way_is_told_to_stop_and_kept_out(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    with replica.state.locked():
        pid = replica.state.lock_holder()
    assert pid
    held = replica.state.locked()
    held.__enter__()
    replica.world.processes.on_terminate = lambda: held.__exit__(None, None, None)
    record = replica.drain()
    assert replica.world.processes.told == [pid]
    assert record.result == "drained"


def test_a_boot_that_does_not_end_does_not_hold_the_drain_up(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    with replica.state.locked():
        record = replica.drain()
    assert (record.result, record.failed("end_boot")) == ("drained", True)
    assert replica.clock.passed_s < 30.0


def test_a_drain_needs_root(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    replica.machine.world.machine.root = False
    with pytest.raises(ConfigError):
        replica.drain()


def test_a_container_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    found = replica.world.engine.containers["graph-api-shared"]
    found.labels.clear()
    record = replica.drain()
    assert (record.result, replica.machine.container_status) == ("drained", "running")


def test_a_mount_that_the_boot_did_not_make_is_left_alone(tmp_path: Path) -> None:
    replica = Replica.up(tmp_path)
    path = Path(replica.machine.config.data.mount_point)
    table = replica.world.mounts.table
    table[path] = replace(table[path], device_number="259:99")
    record = replica.drain()
    step = next(step for step in record.steps if step.name == "unmount")
    assert ("left alone" in step.detail, replica.is_mounted) == (True, True)


def test_the_journal_tells_the_whole_drain(tmp_path: Path, log_output: io.StringIO) -> None:
    replica = Replica.up(tmp_path)
    replica.drain("scheduled_event")
    text = log_output.getvalue()
    assert '"event": "drain_began"' in text
    assert text.count('"event": "drain_step_ended"') == len(STEPS)
    assert '"result": "drained", "trigger": "scheduled_event"' in text


def test_a_long_drain_keeps_its_hook_waiting(tmp_path: Path) -> None:
    hooked = Replica.up(tmp_path, config={"drain.budget_s": 300.0})
    assert hooked.world.hook
    hooked.world.connections.count = 1
    hooked.drain("asg_termination")
    assert hooked.world.hook.heartbeats[:2] == [60.0, 120.0]
