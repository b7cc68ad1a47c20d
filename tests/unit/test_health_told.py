"""What `status` says of the health checks; and the state that they hand on."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.service import HEALTHY, json_reply
from fakes.tick import Replica
from ladybug_agent.health.state import CorruptStateError, HealthState, read_state, write_state
from ladybug_agent.model import HttpReply
from ladybug_agent.status import Status, take_status
from ladybug_agent.survey import LocalWorld

BAD = HttpReply(status=503, body=b"no")


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    return Replica(tmp_path, **{"health.restart_budget": 0})


def status_of(replica: Replica) -> Status:
    world = replica.world
    local = LocalWorld(mounts=world.mounts, engine=world.engine, http=world.http)
    return take_status(replica.state_dir, local, replica.machine.config)


def text_of(replica: Replica) -> str:
    return next(f.text for f in status_of(replica).findings if f.subject == "health")


def test_before_the_first_check_nothing_is_said(replica: Replica) -> None:
    assert [f for f in status_of(replica).findings if f.subject == "health"] == []
    assert status_of(replica).health == {}


def test_a_healthy_replica_is_good(replica: Replica) -> None:
    replica.tick()
    assert status_of(replica).is_good
    assert text_of(replica).startswith("healthy since ")


def test_a_transition_is_in_status_journal_and_row_with_its_reason(replica: Replica) -> None:
    replica.world.http.replies["/health"] = BAD
    replica.ticks(3)
    wanted = "healthy>unhealthy health_not_ok"
    status = status_of(replica)
    assert (status.is_good, status.health["reason_code"]) == (False, "health_not_ok")
    assert wanted in text_of(replica)
    assert wanted in str(replica.row["transitions"])
    assert replica.row["reason_code"] == "health_not_ok"
    assert replica.told("health_changed")[0]["reason_code"] == "health_not_ok"
    replica.world.http.replies["/health"] = json_reply(HEALTHY)
    replica.ticks(2)
    assert "unhealthy>healthy" in text_of(replica)
    assert "unhealthy>healthy" in str(replica.row["transitions"])
    assert replica.told("health_changed")[1]["status"] == "healthy"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 5000,
        '{"schema": "ladybug.health/2"}',
        '{"schema": "ladybug.health/1", "status": 1}',
        '{"schema": "ladybug.health/1", "ok_streak": true}',
        '{"schema": "ladybug.health/1", "failing": [[]]}',
        '{"schema": "ladybug.health/1", "unknown": 1}',
        "\x00\x00\x00",
    ],
)
def test_a_corrupt_state_counts_as_not_healthy_until_it_was_seen_to_be(
    replica: Replica, text: str
) -> None:
    replica.tick()
    path = replica.state_dir.health
    path.write_text(text)
    report = replica.tick()
    assert (report.exit_status, replica.row["status"], replica.row["reason_code"]) == (
        1,
        "unhealthy",
        "health_state_corrupt",
    )
    assert path.with_suffix(".corrupt").read_text() == text
    assert len(replica.told("health_state_corrupt")) == 1
    assert (replica.tick().exit_status, replica.row["status"]) == (0, "healthy")


def test_a_state_of_another_boot_is_none(replica: Replica) -> None:
    replica.tick()
    state = replica.state
    state.boot_id, state.status = "another", "unhealthy"
    write_state(replica.state_dir.health, state)
    assert replica.tick().exit_status == 0


@contextmanager
def no_room() -> Iterator[None]:
    """Let every write to a file fail, as on a full disk (EFBIG instead of ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_changes_nothing_about_a_good_replica(replica: Replica) -> None:
    with no_room():
        assert replica.ticks(3).exit_status == 0
    assert replica.row["status"] == "healthy"
    assert replica.told("health_state_not_written")


def test_without_room_to_count_one_bad_check_has_to_do(replica: Replica) -> None:
    replica.world.http.replies["/health"] = BAD
    with no_room():
        assert replica.tick().exit_status == 1
    assert (replica.row["status"], replica.row["reason_code"]) == ("unhealthy", "health_not_ok")


def test_the_state_comes_back_as_it_went(tmp_path: Path) -> None:
    state = HealthState(status="healthy", failing=["a"], restarts_mono=[1.5], flap_tokens=2)
    write_state(tmp_path / "health.json", state)
    assert read_state(tmp_path / "health.json") == state


def test_an_attribute_that_is_missing_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    path.write_text(json.dumps({"schema": "ladybug.health/1", "status": "healthy"}))
    assert read_state(path) == HealthState(status="healthy")


def test_a_state_that_cannot_be_read_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptStateError):
        read_state(tmp_path)
