"""What a health check does about a container that must be restarted, and when it gives up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.boot import NAME
from fakes.service import HEALTHY, json_reply
from fakes.tick import Replica, begin_drain
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.health.handover import asked_in, take_request
from ladybug_agent.model import HttpReply

BAD = HttpReply(status=503, body=b"no")


@pytest.fixture
def replica(tmp_path: Path) -> Replica:
    made = Replica(tmp_path)
    made.tick()
    return made


def kill(replica: Replica, *, oom: bool = False) -> None:
    replica.change_container(status="exited", exit_code=137, oom_killed=oom)


@pytest.mark.parametrize(
    ("oom", "code"), [(False, "container_exited"), (True, "container_out_of_memory")]
)
def test_a_container_that_ended_is_restarted_at_once(
    replica: Replica, *, oom: bool, code: str
) -> None:
    first = replica.served.container_id
    kill(replica, oom=oom)
    report = replica.tick()
    assert (report.verdict.look.codes, report.exit_status) == ((code,), 0)
    assert replica.container is not None
    assert (replica.container.status, replica.container.container_id != first) == ("running", True)
    assert replica.told("restart_started")[0]["reason_code"] == code
    report = replica.tick()
    assert (report.verdict.look.codes, replica.row["container_id"]) == (
        (),
        replica.container.container_id,
    )
    assert replica.row["restarts_in_window"] == 1


def test_what_the_container_said_is_kept(replica: Replica) -> None:
    first = replica.served.container_id
    kill(replica)
    replica.tick()
    kept = json.loads((replica.state_dir.evidence / f"{first}.json").read_text())
    assert (kept["log"], kept["container"]["exit_code"]) == (
        ["opening sec.lbug", "out of luck"],
        "137",
    )


def test_only_the_last_evidence_is_kept(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"health.restart_budget": 20, "health.restart_pause_s": 0.0})
    for _ in range(12):
        kill(replica)
        last = replica.served.container_id
        replica.tick()
    kept = [path.name for path in replica.state_dir.evidence.iterdir()]
    assert (len(kept), f"{last}.json" in kept) == (10, True)


def test_a_container_that_was_removed_is_started_again(replica: Replica) -> None:
    del replica.world.engine.containers[NAME]
    assert replica.tick().verdict.look.codes == ("container_missing",)
    assert replica.tick().verdict.look.codes == ()


def test_a_paused_container_is_replaced_at_the_third_bad_check(replica: Replica) -> None:
    replica.change_container(status="paused")
    replica.ticks(2)
    assert replica.told("restart_started") == []
    assert replica.tick().verdict.look.codes == ("container_paused",)
    assert replica.ticks(2).exit_status == 0
    assert len(replica.told("restart_started")) == 1


def test_a_service_that_does_not_answer_is_restarted_at_the_third_bad_check(
    replica: Replica,
) -> None:
    replica.world.http.replies["/health"] = BAD
    replica.ticks(2)
    assert replica.told("restart_started") == []
    replica.tick()
    assert len(replica.told("restart_started")) == 1
    replica.world.http.replies["/health"] = json_reply(HEALTHY)
    assert replica.ticks(2).exit_status == 0


def test_a_container_that_starts_slowly_is_given_time(replica: Replica) -> None:
    replica.world.http.replies["/health"] = BAD
    replica.ticks(3 + 9)  # 270 s of 300
    assert len(replica.told("restart_started")) == 1
    replica.ticks(2)
    assert len(replica.told("restart_started")) == 2


def test_three_restarts_in_a_quarter_of_an_hour_are_all(replica: Replica) -> None:
    for _ in range(30):
        if replica.container is not None and replica.container.status == "running":
            kill(replica)
        report = replica.tick()
    assert (report.exit_status, replica.row["status"]) == (1, "unhealthy")
    starts = [line["timestamp"][11:19] for line in replica.told("restart_started")]
    assert starts == ["12:01:00", "12:02:00", "12:04:00"]
    assert len(replica.told("restarts_spent")) == 1
    assert replica.container is not None
    assert replica.container.status == "exited"  # left for inspection


def test_used_up_restarts_do_not_come_back_by_waiting(replica: Replica) -> None:
    for _ in range(40):
        kill(replica)
        replica.tick()
    replica.tick(after_s=3600)
    assert len(replica.told("restart_started")) == 3


def test_a_boot_by_hand_gives_new_restarts(replica: Replica) -> None:
    for _ in range(12):
        kill(replica)
        replica.tick()
    assert replica.machine.boot().error is None
    replica.ticks(2)
    kill(replica)
    replica.tick()
    assert len(replica.told("restart_started")) == 4


def test_no_restart_where_none_is_wanted(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"health.restart_budget": 0})
    kill(replica)
    assert replica.ticks(3).exit_status == 1
    assert replica.told("restart_started") == []


def test_an_engine_that_restarts_takes_the_container_with_it(replica: Replica) -> None:
    down = ExternalFailure("container_engine_unreachable", "found no Docker engine")
    healthy = replica.world.http.replies["/health"]
    replica.look.raises = down
    replica.world.http.replies["/health"] = BAD
    report = replica.ticks(20)  # ten minutes without an engine use no restart up
    assert (report.exit_status, replica.row["reason_code"]) == (1, "health_not_ok")
    assert replica.told("restart_started") == []
    replica.look.raises = None
    kill(replica)
    replica.tick()
    assert len(replica.told("restart_finished")) == 1
    replica.world.http.replies["/health"] = healthy
    assert replica.ticks(2).exit_status == 0


def test_nothing_is_repaired_while_a_boot_runs(replica: Replica) -> None:
    kill(replica)
    with replica.state_dir.locked():
        replica.tick()
    assert replica.told("restart_left_undone")[0]["code"] == "boot_already_running"
    assert replica.state.restarts_mono == []


def test_nothing_is_repaired_once_a_drain_has_begun(replica: Replica) -> None:
    begin_drain(replica)
    kill(replica)
    replica.ticks(3)
    assert (replica.told("restart_started"), len(replica.told("restart_left_undone"))) == ([], 3)


def test_a_mount_that_is_gone_is_mounted_before_the_container_starts(replica: Replica) -> None:
    path = Path(replica.machine.config.data.mount_point)
    replica.world.mounts.unmount(path, Deadline.after(1, replica.clock))
    replica.ticks(3)
    assert replica.reports[-1].verdict.look.codes == ("mount_missing",)
    entry = replica.world.mounts.at(path)
    assert entry is not None
    assert ("ro" in entry.options, replica.tick().verdict.look.codes) == (True, ())
    assert replica.served.volume is not None
    assert replica.served.volume.mount_id == entry.mount_id


def test_a_mount_made_anew_by_someone_else_is_noticed(replica: Replica) -> None:
    path = Path(replica.machine.config.data.mount_point)
    entry = replica.world.mounts.table[path]
    replica.world.mounts.table[path] = replace(entry, mount_id=99)
    assert replica.tick().verdict.look.codes == ("mount_replaced",)


def test_a_detached_volume_is_no_matter_for_a_restart(replica: Replica) -> None:
    replica.world.block_devices.present.clear()
    report = replica.ticks(4)
    assert (report.exit_status, replica.row["reason_code"]) == (1, "device_gone")
    assert replica.told("restart_started") == []


def test_errors_of_the_disk_are_read_from_the_kernel_s_log(replica: Replica) -> None:
    lines = replica.world.kernel_log.lines
    lines.append("nvme nvme10: I/O 12 QID 3 timeout, aborting")  # of another
    assert replica.tick().verdict.look.codes == ()
    lines.append("I/O error, dev nvme1n1, sector 8 op 0x0:(READ) flags 0x0")
    assert replica.tick().verdict.look.codes == ("device_io_errors",)
    assert replica.tick().verdict.look.codes == ()
    for _ in range(3):
        lines.append("nvme nvme1: I/O 12 QID 3 timeout, aborting")
        replica.tick()
    assert (replica.row["status"], replica.row["reason_code"]) == ("unhealthy", "device_io_errors")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"container_id": "f" * 64}, "container_replaced"),
        ({"image_id": "sha256:other"}, "container_image_differs"),
        ({"read_only_root": False}, "container_unrestricted"),
        ({"labels": {}}, "container_name_taken"),
        ({"restart_policy": "always"}, "container_unrestricted"),
    ],
)
def test_a_container_that_is_not_as_it_was_made_is_bad(
    replica: Replica, facts: dict[str, object], code: str
) -> None:
    replica.change_container(**facts)
    report = replica.ticks(3)
    assert (report.exit_status, replica.row["reason_code"]) == (1, code)


def test_a_process_that_ran_out_of_memory_is_told_once_and_is_no_verdict(replica: Replica) -> None:
    line = f"oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/docker/{replica.served.container_id}"
    replica.world.kernel_log.lines += [line, "oom-kill:task_memcg=/docker/another"]
    assert replica.ticks(3).exit_status == 0
    assert len(replica.told("container_process_out_of_memory")) == 1
    replica.world.kernel_log.lines.append(line)
    replica.tick()
    assert len(replica.told("container_process_out_of_memory")) == 2


def test_a_repair_that_fails_says_why_and_counts(replica: Replica) -> None:
    replica.world.engine.refuses["run"] = ExternalFailure("container_port_in_use", "in use")
    kill(replica)
    replica.ticks(3)
    told = replica.told("restart_failed")
    assert [line["code"] for line in told] == ["container_port_in_use"] * 2
    assert replica.row["reason_code"] == "container_missing"


def test_a_repair_whose_image_is_gone_pulls_nothing(replica: Replica) -> None:
    replica.world.engine.images.clear()
    kill(replica)
    replica.tick()
    assert replica.told("restart_failed")[0]["code"] == "repair_image_missing"


def test_a_repair_asks_nothing_of_aws(replica: Replica) -> None:
    looks = replica.world.ec2.looks
    kill(replica)
    replica.ticks(2)
    assert (replica.world.ec2.looks, replica.row["status"]) == (looks, "healthy")


@pytest.fixture
def confined(replica: Replica) -> Replica:
    """A replica whose checks run as in their unit: they may not mount."""
    replica.is_confined = True
    return replica


def test_a_confined_check_asks_for_the_repair_and_a_later_one_hears_of_it(
    confined: Replica,
) -> None:
    first = confined.served.container_id
    kill(confined)
    confined.tick()
    assert confined.container is not None
    assert confined.container.status == "exited"
    assert len(confined.told("restart_started")) == 1
    confined.answer_request()
    report = confined.tick()
    assert report.verdict.look.codes == ()
    assert confined.row["container_id"] == confined.container.container_id != first
    assert len(confined.told("restart_finished")) == 1
    assert confined.row["restarts_in_window"] == 1


def test_a_repair_that_was_handed_over_is_not_asked_for_twice(confined: Replica) -> None:
    kill(confined)
    confined.ticks(3)  # no answer for 60 s
    assert len(confined.told("restart_started")) == 1


def test_a_repair_of_which_nothing_is_heard_failed_and_counts(confined: Replica) -> None:
    kill(confined)
    confined.ticks(4)
    assert [line["code"] for line in confined.told("restart_failed")] == ["repair_unanswered"]
    assert len(confined.told("restart_started")) == 2
    assert len(confined.state.restarts_mono) == 2


def test_an_answer_to_an_earlier_request_is_none(confined: Replica) -> None:
    kill(confined)
    confined.tick()
    confined.answer_request()
    confined.ticks(4)
    kill(confined)
    confined.ticks(2)
    assert len(confined.told("restart_started")) == 2
    assert len(confined.told("restart_finished")) == 1


def test_restarts_that_are_handed_over_are_used_up_like_all_others(confined: Replica) -> None:
    for _ in range(30):
        if confined.container is not None and confined.container.status == "running":
            kill(confined)
        report = confined.tick()
        if confined.state.repair_asked:
            confined.answer_request()
    assert (report.exit_status, confined.row["status"]) == (1, "unhealthy")
    starts = [line["timestamp"][11:19] for line in confined.told("restart_started")]
    assert starts == ["12:01:00", "12:02:00", "12:04:00"]
    assert len(confined.told("restarts_spent")) == 1


def test_a_handed_over_repair_that_fails_says_why_and_counts(confined: Replica) -> None:
    confined.world.engine.refuses["run"] = ExternalFailure("container_port_in_use", "in use")
    kill(confined)
    confined.tick()
    confined.answer_request()
    confined.tick()
    assert confined.told("restart_failed")[0]["code"] == "container_port_in_use"
    assert len(confined.state.restarts_mono) == 1


def test_a_handed_over_repair_that_finds_a_boot_under_way_does_not_count(
    confined: Replica,
) -> None:
    kill(confined)
    confined.tick()
    with confined.state_dir.locked():
        confined.answer_request()
    confined.tick()
    assert confined.told("restart_left_undone")[0]["code"] == "boot_already_running"
    assert len(confined.told("restart_started")) == 2  # asked for again at once
    assert len(confined.state.restarts_mono) == 1


def test_a_request_is_taken_once(confined: Replica) -> None:
    kill(confined)
    confined.tick()
    assert take_request(confined.state_dir) != ""
    assert take_request(confined.state_dir) == ""


def test_a_request_that_cannot_be_written_is_a_repair_that_failed(confined: Replica) -> None:
    asked_in(confined.state_dir).mkdir()
    kill(confined)
    confined.tick()
    assert confined.told("restart_failed")[0]["code"] == "state_directory_unusable"


def test_a_repair_of_old_data_is_not_refused_for_its_age(tmp_path: Path) -> None:
    replica = Replica(tmp_path, **{"data.on_stale_snapshot": "refuse"})
    replica.tick(after_s=30 * 24 * 3600)
    kill(replica)
    replica.tick()
    assert replica.told("restart_failed") == []
