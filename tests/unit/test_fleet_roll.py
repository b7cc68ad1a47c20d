"""A roll: begun, followed, stopped when it does harm, and resumed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from fakes.clock import FakeClock
from fakes.fleet import TEMPLATE, FakeSight, a_fleet, a_launch, a_member, a_row, with_group
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Busy, ConfigError, ExternalFailure, Refused, describe
from ladybug_fleet.command_line import build_parser
from ladybug_fleet.fleet.model import Fleet, LaunchTemplate
from ladybug_fleet.rolling.autoscaling import preferences
from ladybug_fleet.rolling.goal import Goal, version_for
from ladybug_fleet.rolling.judging import judge_way_back
from ladybug_fleet.rolling.launch_templates import with_snapshot
from ladybug_fleet.rolling.model import Manner, Refresh, Rolled
from ladybug_fleet.rolling.process import Roll

MANNER = Manner(
    checkpoints=(25, 100),
    checkpoint_delay_s=300,
    min_healthy_percent=100,
    max_healthy_percent=150,
    bake_s=0,
    alarms=(),
    rollback=False,
    unready_s=300.0,
)
HALF_WAY = Refresh(refresh_id="r-1", status="InProgress", percent=50, left=1)
DONE = Refresh(refresh_id="r-1", status="Successful", percent=100)
ABANDONED = a_launch("Cancelled", "Lifecycle Action with token 0f1e was abandoned", ended_s=20)


def to_version(version: str, refresh: Refresh = HALF_WAY) -> Refresh:
    template = LaunchTemplate(template_id="lt-1", version=version)
    return replace(refresh, template=template)


@dataclass(slots=True)
class FakeRefreshes:
    """One refresh at a time; each look takes the next state, and the last one stays."""

    to_come: list[Refresh] = field(default_factory=list)
    current: Refresh | None = None
    started: list[str] = field(default_factory=list)
    irreversible: bool = False

    def newest(self) -> Refresh | None:
        return self.current

    def refresh(self, refresh_id: str) -> Refresh:
        if self.to_come:
            self.current = self.to_come.pop(0)
        assert self.current
        return replace(self.current, refresh_id=refresh_id)

    def start(self, version: str, _manner: Manner) -> str:
        self.started.append(version)
        return "r-1"

    def cancel(self) -> None:
        self.to_come = [replace(HALF_WAY, status=s) for s in ("Cancelling", "Cancelled")]

    def roll_back(self) -> None:
        if self.irreversible:
            raise ExternalFailure("aws_call_failed", "IrreversibleInstanceRefresh")
        states = ("RollbackInProgress", "RollbackSuccessful")
        self.to_come = [replace(HALF_WAY, status=status) for status in states]


def a_roll(
    refreshes: FakeRefreshes, fleet: Fleet | None = None, *, manner: Manner = MANNER
) -> tuple[Roll, list[str]]:
    shown: list[str] = []
    rolling = Roll(
        refreshes=refreshes,
        sight=FakeSight(fleet or a_fleet("i-1", "i-2")),
        manner=manner,
        show=shown.append,
        deadline=Deadline.after(3600, FakeClock()),
    )
    return rolling, shown


def run(refreshes: FakeRefreshes, fleet: Fleet | None = None) -> Rolled:
    return a_roll(refreshes, fleet)[0].run("4")


def failure(
    refreshes: FakeRefreshes, fleet: Fleet | None = None, *, manner: Manner = MANNER
) -> AgentError:
    with pytest.raises(AgentError) as caught:
        a_roll(refreshes, fleet, manner=manner)[0].run("4")
    return caught.value


def test_a_roll_is_begun_and_followed_to_its_end() -> None:
    refreshes = FakeRefreshes([HALF_WAY, DONE])
    rolled = run(refreshes)
    assert (refreshes.started, rolled.refresh.status, rolled.followed) == (
        ["4"],
        "Successful",
        False,
    )


def test_a_refresh_to_the_same_version_is_followed_and_not_begun_again() -> None:
    refreshes = FakeRefreshes([HALF_WAY, DONE], current=to_version("4"))
    rolled = run(refreshes)
    assert (refreshes.started, rolled.followed) == ([], True)


@pytest.mark.parametrize(
    "other", [to_version("5"), HALF_WAY, to_version("4", replace(HALF_WAY, status="Cancelling"))]
)
def test_another_refresh_under_way_is_left_alone(other: Refresh) -> None:
    refreshes = FakeRefreshes(current=other)
    error = failure(refreshes)
    assert (error.code, refreshes.started) == ("refresh_under_way", [])
    assert isinstance(error, Busy)
    assert "--follow" in error.hint


def test_one_that_has_ended_is_in_nobodys_way() -> None:
    assert run(FakeRefreshes([DONE], current=to_version("4", DONE))).followed is False


def test_following_takes_the_newest_whoever_began_it() -> None:
    refreshes = FakeRefreshes([HALF_WAY, DONE], current=to_version("9"))
    rolled = a_roll(refreshes)[0].resume()
    assert (rolled.version, rolled.followed, refreshes.started) == ("9", True, [])


def test_following_where_there_was_never_one_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        a_roll(FakeRefreshes())[0].resume()
    assert caught.value.code == "refresh_none"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Failed", "refresh_failed"),
        ("Cancelled", "refresh_cancelled"),
        ("RollbackSuccessful", "refresh_rolled_back"),
        ("RollbackFailed", "refresh_rollback_failed"),
    ],
)
def test_a_refresh_that_ends_badly_is_told_with_its_reason(status: str, code: str) -> None:
    ended = replace(HALF_WAY, status=status, reason="alarm latency went off")
    error = failure(FakeRefreshes([HALF_WAY, ended]))
    assert (error.code, str(error).endswith("alarm latency went off")) == (code, True)


def test_boots_that_fail_again_and_again_stop_the_roll() -> None:
    refreshes = FakeRefreshes([HALF_WAY] * 3)
    error = failure(refreshes, replace(a_fleet("i-1"), activities=(ABANDONED,) * 3))
    assert error.code == "roll_stopped"
    assert "abandoned" in str(error)
    assert "ended as Cancelled" in str(error)


def test_a_roll_goes_back_on_failure_where_that_is_asked_for() -> None:
    refreshes = FakeRefreshes([HALF_WAY] * 3)
    fleet = replace(a_fleet("i-1"), activities=(ABANDONED,) * 3)
    error = failure(refreshes, fleet, manner=replace(MANNER, rollback=True))
    assert (error.code, "ended as RollbackSuccessful" in str(error)) == ("roll_stopped", True)


def test_a_roll_that_cannot_go_back_is_cancelled() -> None:
    refreshes = FakeRefreshes([HALF_WAY] * 3, irreversible=True)
    fleet = replace(a_fleet("i-1"), activities=(ABANDONED,) * 3)
    error = failure(refreshes, fleet, manner=replace(MANNER, rollback=True))
    assert "ended as Cancelled" in str(error)


def sick_after_roll() -> Fleet:
    """One replica of the new version is in service, and its row is not healthy."""
    members = (a_member("i-1"), a_member("i-2", version="4"))
    fleet = with_group(a_fleet("i-1", "i-2"), members=members)
    return replace(fleet, rows=(a_row("i-1"), a_row("i-2", status="unhealthy")))


def test_a_new_replica_that_does_not_get_ready_stops_the_roll() -> None:
    refreshes = FakeRefreshes([HALF_WAY] * 100)
    rolling, _ = a_roll(refreshes, sick_after_roll())
    with pytest.raises(ExternalFailure) as caught:
        rolling.run("4")
    assert caught.value.code == "roll_stopped"
    assert "i-2: registry: unhealthy" in str(caught.value)
    waited_s = 3600 - rolling.deadline.remaining_s
    assert 300 <= waited_s < 340


def test_a_new_replica_that_gets_ready_in_time_does_not() -> None:
    refreshes = FakeRefreshes([*[HALF_WAY] * 40, DONE])
    sight = FakeSight(sick_after_roll(), [lambda f: f] * 20 + [lambda _: a_fleet("i-1", "i-2")])
    rolling, _ = a_roll(refreshes)
    rolling.sight = sight
    assert rolling.run("4").refresh.status == "Successful"


def test_an_old_replica_that_is_sick_does_not_stop_the_roll_that_may_heal_it() -> None:
    fleet = replace(a_fleet("i-1"), rows=(a_row("i-1", status="unhealthy"),))
    assert run(FakeRefreshes([*[HALF_WAY] * 60, DONE]), fleet).refresh.status == "Successful"


def test_progress_tells_share_and_reason() -> None:
    rolling, shown = a_roll(FakeRefreshes([replace(HALF_WAY, reason="Checkpoint reached"), DONE]))
    rolling.run("4")
    assert shown == ["InProgress 50 %, 1 to replace; Checkpoint reached"]


def test_when_time_runs_out_the_refresh_goes_on_and_the_error_says_how_to_follow() -> None:
    rolling, _ = a_roll(FakeRefreshes([HALF_WAY]))
    rolling.deadline = Deadline.after(30, FakeClock())
    with pytest.raises(AgentError) as caught:
        rolling.run("4")
    assert "ladybug-fleet roll --follow" in describe(caught.value)


def test_a_group_pinned_to_no_number_cannot_be_rolled_back() -> None:
    with pytest.raises(ConfigError) as caught:
        judge_way_back(replace(TEMPLATE, version="$Latest"), replace(MANNER, rollback=True))
    assert caught.value.code == "fleet_template_not_pinned"
    assert judge_way_back(replace(TEMPLATE, version="$Latest"), MANNER).version == "$Latest"


def test_a_group_without_a_launch_template_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        judge_way_back(None, MANNER)
    assert caught.value.code == "fleet_template_missing"


def test_no_preference_is_left_to_a_default_that_is_an_hour() -> None:
    said = preferences(replace(MANNER, alarms=("latency",), rollback=True))
    assert said == {
        "MinHealthyPercentage": 100,
        "MaxHealthyPercentage": 150,
        "SkipMatching": True,
        "AutoRollback": True,
        "BakeTime": 0,
        "CheckpointPercentages": [25, 100],
        "CheckpointDelay": 300,
        "AlarmSpecification": {"Alarms": ["latency"]},
    }


@pytest.mark.parametrize("text", ["50", "50,25,100", "0,100", "25,25,100", "x", "25,101"])
def test_checkpoints_that_the_api_would_refuse_are_refused_here(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["roll", "--stack", "s", "--checkpoints", text])
    assert "wanted" in capsys.readouterr().err


@dataclass(slots=True)
class FakeTemplates:
    """A launch template whose versions have these snapshots."""

    snapshots: dict[str, str]

    def newest_version(self, _template: LaunchTemplate) -> str:
        return str(max(int(version) for version in self.snapshots))

    def has_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> bool:
        return self.snapshots[template.version] == snapshot_id

    def with_snapshot(self, template: LaunchTemplate, snapshot_id: str) -> str:
        if self.has_snapshot(template, snapshot_id):
            return template.version
        made = str(int(self.newest_version(template)) + 1)
        self.snapshots[made] = snapshot_id
        return made


def test_without_a_wish_a_roll_goes_to_the_newest_version() -> None:
    assert version_for(Goal(), TEMPLATE, None, FakeTemplates({"3": "a", "7": "b"})) == "7"


def test_for_another_snapshot_a_version_is_made() -> None:
    templates = FakeTemplates({"3": "snap-1"})
    assert version_for(Goal(snapshot_id="snap-2"), TEMPLATE, None, templates) == "4"
    assert templates.snapshots["4"] == "snap-2"


def test_a_roll_to_a_snapshot_that_is_run_again_makes_no_second_version() -> None:
    templates = FakeTemplates({"3": "snap-1", "4": "snap-2"})
    goal = Goal(snapshot_id="snap-2")
    assert version_for(goal, TEMPLATE, to_version("4"), templates) == "4"
    assert len(templates.snapshots) == 2


def test_while_a_refresh_to_another_snapshot_is_under_way_no_version_is_made() -> None:
    templates = FakeTemplates({"3": "snap-1", "4": "snap-2"})
    with pytest.raises(Busy):
        version_for(Goal(snapshot_id="snap-3"), TEMPLATE, to_version("4"), templates)
    assert len(templates.snapshots) == 2


def launch_data(snapshot_id: str) -> dict[str, object]:
    user_data = f'snapshot_id = "{snapshot_id}"\n'.encode()
    return {
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}},
            {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": snapshot_id, "Iops": 3000}},
        ],
        "UserData": base64.b64encode(user_data).decode(),
    }


def test_a_version_for_another_snapshot_changes_the_volume_and_what_the_agent_expects() -> None:
    assert with_snapshot(launch_data("snap-1"), "snap-2") == launch_data("snap-2")


def test_a_version_that_has_the_snapshot_already_is_left_as_it_is() -> None:
    assert with_snapshot(launch_data("snap-1"), "snap-1") is None


@pytest.mark.parametrize("mappings", [[], [{"DeviceName": "/dev/xvda", "Ebs": {}}]])
def test_a_template_without_a_data_volume_gets_its_first_snapshot_otherwise(
    mappings: list[Mapping[str, object]],
) -> None:
    with pytest.raises(Refused) as caught:
        with_snapshot({"BlockDeviceMappings": mappings}, "snap-2")
    assert (caught.value.code, "deploy" in caught.value.hint) == (
        "fleet_template_without_data",
        True,
    )
