"""Looking out for the end of the instance."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fakes.build import a_config
from fakes.clock import STARTED_AT, FakeClock
from fakes.leaving import FakeAnnouncements
from fakes.tick import Replica
from ladybug_agent.announced import announced_reasons, write_announced
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Cancelled, ExternalFailure, Fenced, NotYet
from ladybug_agent.journal import Journal
from ladybug_agent.model.lifecycle import Notices
from ladybug_agent.watch.departure import Departure
from ladybug_agent.watch.loop import Watch

TERMINATED = Notices(target_lifecycle_state="Terminated")
SILENT = NotYet("imds_unreachable", "does not answer")


@dataclass
class FakeManager:
    told: list[str] = field(default_factory=list)

    def tell(self, *assignments: str) -> None:
        self.told.extend(assignments)


@dataclass
class FakeLeave:
    """A drain that fails so often, with `raises`, and is seen through then."""

    fails: int = 0
    raises: AgentError | None = None
    asked: list[Departure] = field(default_factory=list)

    def __call__(self, departure: Departure) -> bool:
        self.asked.append(departure)
        if len(self.asked) <= self.fails:
            if self.raises:
                raise self.raises
            return False
        return True


class Post:
    """A watch at its post."""

    def __init__(self, tmp_path: Path, leave: FakeLeave | None = None) -> None:
        self.clock = FakeClock()
        self.config = a_config(tmp_path)
        self.announcements = FakeAnnouncements()
        self.manager = FakeManager()
        self.leave = leave or FakeLeave()
        self.out = io.StringIO()
        self.watch = Watch(
            config=self.config,
            announcements=self.announcements,
            manager=self.manager,
            leave=self.leave,
            journal=Journal(self.out, self.clock),
            deadline=Deadline.after(float("inf"), self.clock),
        )

    def looks(self, count: int) -> None:
        for _ in range(count):
            self.watch.look()

    @property
    def reasons(self) -> list[str]:
        return list(announced_reasons(Path(self.config.instance.state_dir) / "announced.json"))

    def told(self, event: str) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.out.getvalue().splitlines())
        return [line for line in lines if line["event"] == event]


def test_while_nothing_is_announced_nothing_happens(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.looks(100)
    assert (post.leave.asked, post.reasons, post.out.getvalue()) == ([], [], "")


def test_an_announcement_is_heeded_once(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.now = TERMINATED
    post.looks(10)
    assert [departure.trigger for departure in post.leave.asked] == ["asg_termination"]


def test_what_came_to_no_end_is_begun_again_until_it_does(tmp_path: Path) -> None:
    post = Post(tmp_path, FakeLeave(fails=3))
    post.announcements.now = TERMINATED
    post.looks(10)
    assert len(post.leave.asked) == 4


def test_a_drain_that_fails_does_not_end_the_watch(tmp_path: Path) -> None:
    post = Post(tmp_path, FakeLeave(fails=2, raises=ExternalFailure("broken", "it is", hint="x")))
    post.announcements.now = TERMINATED
    post.looks(10)
    assert (len(post.leave.asked), len(post.told("departure_failed"))) == (3, 2)


def test_what_an_operator_has_undone_is_not_heeded_again(tmp_path: Path) -> None:
    post = Post(tmp_path, FakeLeave(fails=99, raises=Cancelled("drain_undone", "undone")))
    post.announcements.now = TERMINATED
    post.looks(10)
    assert (len(post.leave.asked), len(post.told("departure_undone"))) == (1, 1)


def test_another_agent_s_replica_is_left_to_it(tmp_path: Path) -> None:
    post = Post(tmp_path, FakeLeave(fails=99, raises=Fenced("registration_fenced", "theirs")))
    post.announcements.now = TERMINATED
    post.looks(10)
    assert len(post.leave.asked) == 1


def test_metadata_that_is_silent_announces_nothing_and_is_told_once(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.raises = SILENT
    post.looks(50)
    post.announcements.raises = None
    post.looks(2)
    assert post.leave.asked == []
    assert len(post.told("announcements_unheard")) == 1
    assert [line["missed"] for line in post.told("announcements_heard_again")] == [50]


def test_a_hiccup_of_metadata_is_worth_no_line(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.raises = SILENT
    post.looks(2)
    post.announcements.raises = None
    post.looks(1)
    assert post.out.getvalue() == ""


def test_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.now = Notices(garbled=("meta-data/spot/instance-action",))
    post.looks(5)
    assert len(post.told("notices_garbled")) == 1


def test_a_recommendation_is_kept_for_the_health_checks_and_taken_back(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.now = Notices(rebalance_at=STARTED_AT)
    post.looks(3)
    assert post.reasons == ["rebalance_recommended"]
    post.announcements.now = Notices()
    post.looks(3)
    assert post.reasons == []
    assert [line["reasons"] for line in post.told("announced")] == [["rebalance_recommended"], []]


def test_systemd_hears_what_the_watch_does(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.announcements.now = TERMINATED
    waits = iter(range(3))

    class Clock(FakeClock):
        def wait(self, event: Any, seconds: float) -> bool:
            assert seconds == 5.0
            if next(waits, None) is None:
                event.set()
            return bool(event.is_set())

    clock = Clock()
    replace(post.watch, deadline=Deadline.after(float("inf"), clock)).run()
    assert post.manager.told[:3] == ["READY=1", "STATUS=watching", "WATCHDOG=1"]
    assert "STATUS=draining: asg_termination" in post.manager.told
    assert "WATCHDOG_USEC=160000000" in post.manager.told
    assert post.manager.told[-1] == "STOPPING=1"


def test_a_rebalance_recommendation_is_in_the_row_as_degraded_and_no_more(tmp_path: Path) -> None:
    replica = Replica(tmp_path)
    write_announced(replica.state_dir.announced, ("rebalance_recommended",))
    replica.ticks(3)
    row = replica.row
    assert (row["status"], row["degraded"], row["degraded_reasons"]) == (
        "healthy",
        True,
        "rebalance_recommended",
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x"}', "[" * 9999])
def test_a_torn_file_of_announcements_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "announced.json"
    path.write_text(text)
    assert announced_reasons(path) == ()


def test_an_undone_drain_lets_the_health_check_say_healthy_again(tmp_path: Path) -> None:
    replica = Replica(tmp_path)
    replica.ticks(3)
    rows = replica.world.instance_registry.rows
    key = str(replica.row["instance_id"])
    rows[key] = {**replica.row, "status": "draining"}
    replica.tick()
    assert replica.state.has_left
    rows[key] = {**rows[key], "status": "unhealthy", "reason_code": "drain_undone"}
    replica.tick()
    assert (replica.row["status"], replica.state.has_left) == ("healthy", False)
