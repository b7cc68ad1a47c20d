"""The checks of what is on this machine: each passes on a good replica, and names what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.boot import KEY, NAME
from fakes.clock import STARTED_AT
from fakes.diagnosis import GIB, ROOM, Patient
from fakes.service import HEALTHY, json_reply
from fakes.tick import begin_drain
from ladybug_agent.diagnose.catalogue import CHECKS
from ladybug_agent.diagnose.check import Status
from ladybug_agent.errors import ConfigError, ExternalFailure, NotYet
from ladybug_agent.hydrate.report import HydrationReport, report_path, save_report
from ladybug_agent.model import HttpReply
from ladybug_agent.model.lifecycle import Notices, ScheduledEvent, SpotNotice
from ladybug_agent.model.standing import TargetHealth
from ladybug_agent.ports.diagnosis import DatabaseSeen

IO_ERROR = "I/O error, dev nvme1n1, sector 8 op 0x0:(READ) flags 0x0"
KILLED = "Out of memory: Killed process 4711 (uvicorn) total-vm:9000kB"
IN_CONTAINER = "Memory cgroup out of memory: Killed process 4712 (worker)"
QUERY: dict[str, object] = {
    "health.query": "MATCH (n) RETURN count(n)",
    "health.query_answer": "7",
}


def drain(patient: Patient) -> None:
    begin_drain(patient.replica)


def end_drain(patient: Patient) -> None:
    begin_drain(patient.replica, "drained")


def ask_for_maintenance(patient: Patient) -> None:
    rows = patient.replica.world.instance_registry.rows
    rows[KEY] = {**rows[KEY], "desired": "maintenance"}
    patient.replica.tick()


def announce(notices: Notices) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.notices.now = notices

    return change


def take_spot_back(patient: Patient) -> None:
    soon = STARTED_AT + timedelta(seconds=120)
    patient.notices.now = Notices(spot=SpotNotice(action="terminate", at=soon))


def schedule_an_event(patient: Patient) -> None:
    later = STARTED_AT + timedelta(days=9)
    event = ScheduledEvent(
        event_id="event-1", code="system-maintenance", state="active", not_before=later
    )
    patient.notices.now = Notices(events=(event,))


def lose_metadata(patient: Patient) -> None:
    patient.session.raises = NotYet("imds_unreachable", "no answer")
    patient.notices.raises = NotYet("imds_unreachable", "no answer")


def garble_identity(patient: Patient) -> None:
    patient.surroundings.metadata._raises = ExternalFailure("imds_garbled", "no document")


def leave_memory(share: float) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.machine.available_bytes = int(share * patient.machine.total_bytes)

    return change


def leave_room(**room: int) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.machine.spaces["/"] = replace(ROOM, device=2, **room)

    return change


def say(text: str, ago_s: float) -> Callable[[Patient], None]:
    return lambda patient: patient.age(text, ago_s)


def detach(patient: Patient) -> None:
    patient.surroundings.block_devices.present.clear()


def replace_disk(patient: Patient) -> None:
    disks = patient.surroundings.block_devices.present
    disks[0] = replace(disks[0], serial="vol0aaaaaaaaaaaaaaaa", disk_sequence=9)


def hide_disk_before_the_boot(patient: Patient) -> None:
    patient.forget_boot()
    detach(patient)


def unmount(patient: Patient) -> None:
    patient.unmount()


def unseal(patient: Patient) -> None:
    patient.surroundings.block_devices.state.sealed = False


def hang(patient: Patient) -> None:
    patient.contents.raises = ExternalFailure("device_unresponsive", "the read did not come back")


def make_writable(patient: Patient) -> None:
    patient.change_mount(options=frozenset({"rw", "nodev", "nosuid", "noexec"}))


def mount_anew(patient: Patient) -> None:
    patient.change_mount(mount_id=99)


def truncate_database(patient: Patient) -> None:
    bad = DatabaseSeen(name="sec", code="snapshot_database_truncated", message="sec.lbug is short")
    patient.contents.bad.append(bad)


def stop_engine(patient: Patient) -> None:
    error = ExternalFailure("container_engine_unreachable", "found no Docker engine")
    patient.surroundings.engine.refuses["container"] = error


def prune_images(patient: Patient) -> None:
    patient.surroundings.engine.images.clear()


def remove_container(patient: Patient) -> None:
    patient.surroundings.engine.containers.clear()


def exit_container(patient: Patient) -> None:
    patient.replica.change_container(status="exited", exit_code=3)


def kill_container(patient: Patient) -> None:
    patient.replica.change_container(status="exited", exit_code=137, oom_killed=True)


def pause_container(patient: Patient) -> None:
    patient.replica.change_container(status="paused")


def replace_container(patient: Patient) -> None:
    patient.replica.change_container(container_id="f" * 64)


def make_foreign(patient: Patient) -> None:
    patient.replica.change_container(labels={})


def give_rights(patient: Patient) -> None:
    patient.replica.change_container(read_only_root=False)


def run_another_image(patient: Patient) -> None:
    patient.replica.change_container(image_id="sha256:other")


def restart_by_health_check(patient: Patient) -> None:
    exit_container(patient)
    patient.replica.ticks(4)
    assert patient.replica.state.restarts_total == 1


def answer(reply: HttpReply) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        patient.surroundings.http.replies["/health"] = reply

    return change


def answer_query(body: object) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        reply = json_reply({"rows": [[body]]})
        patient.surroundings.http.replies["/databases/sec/query"] = reply

    return change


def fall_silent(patient: Patient) -> None:
    patient.surroundings.http._answers_at = patient.clock.monotonic() + 1000


def grow_old(patient: Patient) -> None:
    patient.clock.advance(9 * 24 * 3600)


def report(report: HydrationReport) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        save_report(report_path(Path(patient.config.instance.state_dir)), report)

    return change


def spoil_served(patient: Patient) -> None:
    patient.spoil_served("{")


def misconfigure(patient: Patient) -> None:
    patient.config_error = ConfigError("config_unknown_key", "unknown key `dta`", hint="`data`?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One break, and what the check has to say."""

    check: str
    breaks: Callable[[Patient], None]
    status: Status = "fail"
    code: str


CASES = (
    Case(check="agent.config", breaks=misconfigure, code="config_unknown_key"),
    Case(check="lifecycle.departure", breaks=drain, code="instance_draining"),
    Case(check="lifecycle.departure", breaks=end_drain, code="instance_draining"),
    Case(check="lifecycle.departure", breaks=ask_for_maintenance, code="maintenance_asked"),
    Case(check="lifecycle.departure", breaks=take_spot_back, code="departure_announced"),
    Case(
        check="lifecycle.departure",
        breaks=announce(Notices(target_lifecycle_state="Terminated")),
        code="departure_announced",
    ),
    Case(
        check="lifecycle.departure",
        breaks=schedule_an_event,
        status="warn",
        code="departure_possible",
    ),
    Case(check="metadata.token", breaks=lose_metadata, code="imds_unreachable"),
    Case(check="metadata.identity", breaks=garble_identity, code="imds_garbled"),
    Case(check="machine.memory", breaks=leave_memory(0.01), code="memory_short"),
    Case(check="machine.memory", breaks=leave_memory(0.04), status="warn", code="memory_short"),
    Case(check="machine.memory", breaks=say(KILLED, 60), code="memory_ran_out"),
    Case(
        check="machine.memory", breaks=say(KILLED, 9000), status="warn", code="memory_ran_out"
    ),
    Case(
        check="machine.memory", breaks=say(IN_CONTAINER, 9), status="warn", code="memory_ran_out"
    ),
    Case(check="machine.root_disk", breaks=leave_room(free_bytes=GIB // 100),
         code="root_disk_full"),
    Case(check="machine.root_disk", breaks=leave_room(free_inodes=2), code="root_disk_full"),
    Case(
        check="machine.root_disk",
        breaks=leave_room(free_bytes=GIB),
        status="warn",
        code="root_disk_short",
    ),
    Case(check="volume.device", breaks=detach, code="device_gone"),
    Case(check="volume.device", breaks=replace_disk, code="device_replaced"),
    Case(check="volume.device", breaks=hide_disk_before_the_boot, code="device_not_visible"),
    Case(check="volume.kernel_log", breaks=say(IO_ERROR, 0), code="device_io_errors"),
    Case(  # before the last run of the boot: of a disk that had the name then
        check="volume.kernel_log",
        breaks=say(IO_ERROR, 60),
        status="warn",
        code="device_io_errors_past",
    ),
    Case(
        check="volume.kernel_log",
        breaks=say(IO_ERROR, 9000),
        status="warn",
        code="device_io_errors_past",
    ),
    Case(check="filesystem.mount", breaks=unmount, code="mount_missing"),
    Case(check="filesystem.mount", breaks=unseal, code="device_not_sealed"),
    Case(check="filesystem.mount", breaks=hang, code="device_unresponsive"),
    Case(check="filesystem.mount", breaks=make_writable, code="mount_writable"),
    Case(check="filesystem.mount", breaks=mount_anew, code="mount_replaced"),
    Case(
        check="filesystem.databases",
        breaks=truncate_database,
        code="snapshot_database_truncated",
    ),
    Case(check="engine.socket", breaks=stop_engine, code="container_engine_unreachable"),
    Case(check="image.present", breaks=prune_images, code="image_not_present"),
    Case(check="container.running", breaks=remove_container, code="container_missing"),
    Case(check="container.running", breaks=exit_container, code="container_exited"),
    Case(check="container.running", breaks=kill_container, code="container_out_of_memory"),
    Case(check="container.running", breaks=pause_container, code="container_paused"),
    Case(check="container.running", breaks=replace_container, code="container_replaced"),
    Case(check="container.running", breaks=make_foreign, code="container_name_taken"),
    Case(check="container.running", breaks=spoil_served, code="served_record_unreadable"),
    Case(check="container.spec", breaks=give_rights, code="container_unrestricted"),
    Case(check="container.spec", breaks=run_another_image, code="container_image_differs"),
    Case(
        check="container.restarts",
        breaks=restart_by_health_check,
        status="warn",
        code="container_restarted",
    ),
    Case(check="service.health", breaks=fall_silent, code="health_unreachable"),
    Case(check="service.health", breaks=answer(HttpReply(status=503, body=b"")),
         code="health_not_ok"),
    Case(check="service.health", breaks=answer(HttpReply(status=200, body=b"<html>")),
         code="health_garbled"),
    Case(
        check="service.health",
        breaks=answer(json_reply({**HEALTHY, "database_count": 0})),
        code="health_databases_missing",
    ),
    Case(check="service.query", breaks=answer_query(8), code="query_answer_wrong"),
    Case(check="service.query", breaks=answer_query([]), code="query_answer_wrong"),
    Case(check="data.freshness", breaks=grow_old, status="warn", code="snapshot_stale"),
    Case(
        check="data.hydration",
        breaks=report(HydrationReport(state="failed", updated_at="", reason="I/O error")),
        code="hydration_failed",
    ),
    Case(
        check="data.hydration",
        breaks=report(HydrationReport(state="hydrating", updated_at="", below_gate=True)),
        status="warn",
        code="hydration_below_gate",
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}-{case.code}")
def test_what_is_broken_is_named(case: Case, tmp_path: Path) -> None:
    patient = Patient(tmp_path, QUERY)
    case.breaks(patient)
    found = patient.result(case.check)
    assert (found.status, found.code) == (case.status, case.code), found.message
    assert found.remedy is not None
    assert found.remedy.text or found.remedy.commands


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    patient = Patient(tmp_path, {**QUERY, "drain.target_group_arn": "arn:aws:target-group"})
    answer_query(7)(patient)
    patient.aws.standing.targets[KEY] = TargetHealth(state="healthy")
    patient.replica.tick()
    return patient


def test_a_good_replica_passes_everything(patient: Patient) -> None:
    diagnosis = patient.diagnose()
    assert {one.id: one.message for one in diagnosis.results if one.status != "pass"} == {}
    assert (diagnosis.is_good, diagnosis.dissent) == (True, "")


def test_quick_asks_nobody_beyond_the_machine(patient: Patient) -> None:
    lose_metadata(patient)
    patient.is_quick = True
    diagnosis = patient.diagnose()
    assert diagnosis.is_good
    slow = tuple(check.id for check in CHECKS if not check.is_quick)
    assert (diagnosis.left_out, {"metadata.token", "registry.row"} <= set(slow)) == (slow, True)


def test_a_replica_that_no_boot_has_registered_is_looked_at_by_the_configuration(
    patient: Patient,
) -> None:
    patient.forget_boot()
    diagnosis = patient.diagnose()
    assert {one.id: one.message for one in diagnosis.results if one.is_bad} == {}
    disk = next(one for one in diagnosis.results if one.id == "volume.device")
    assert disk.message == "the data volume is /dev/nvme1n1 (vol0123456789abcdef0, xvdf)"


def test_a_served_record_of_another_boot_of_the_machine_counts_for_nothing(
    patient: Patient,
) -> None:
    counters = patient.replica.counters
    counters.boot_identity = replace(counters.boot_identity, boot_id="another")
    assert patient.result("data.freshness").status == "skip"


def test_without_a_configuration_nothing_is_guessed_at(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    patient.forget_boot()
    misconfigure(patient)
    diagnosis = patient.diagnose()
    assert [root.id for root in diagnosis.root_causes] == ["agent.config"]
    skipped = {one.id for one in diagnosis.results if one.status == "skip"}
    assert {"volume.device", "filesystem.mount", "container.running", "service.health"} <= skipped


def test_a_configuration_that_broke_later_hides_nothing(patient: Patient) -> None:
    misconfigure(patient)
    exit_container(patient)
    roots = [root.id for root in patient.diagnose().root_causes]
    assert roots == ["agent.config", "container.running"]


def test_an_empty_replica_has_no_volume_to_look_at(tmp_path: Path) -> None:
    patient = Patient(tmp_path, {"data.mode": "empty", "data.databases": ()})
    patient.surroundings.http.replies["/health"] = json_reply({**HEALTHY, "database_count": 0})
    diagnosis = patient.diagnose()
    assert diagnosis.is_good
    skipped = {one.id for one in diagnosis.results if one.status == "skip"}
    assert {"volume.device", "filesystem.mount", "data.freshness"} <= skipped


def test_a_plain_user_sees_less_and_nothing_fails(patient: Patient) -> None:
    patient.machine.root = False
    patient.past.raises = PermissionError(1, "Operation not permitted")
    denied = ExternalFailure("container_engine_unreachable", "found no Docker engine")
    denied.__cause__ = PermissionError(13, "Permission denied")
    patient.surroundings.engine.refuses["container"] = denied
    unreadable = DatabaseSeen(name="sec", code="snapshot_unreadable", message="may not read it")
    patient.contents.bad.append(unreadable)
    diagnosis = patient.diagnose()
    assert diagnosis.is_good
    assert {one.id: one.message for one in diagnosis.results if one.status == "skip"} == {
        "volume.kernel_log": "the kernel's log cannot be read: Operation not permitted",
        "engine.socket": "may not use unix:///var/run/docker.sock: run it as root",
        "filesystem.databases": "may not read it",
        "image.present": "not asked: engine.socket was skipped",
        "container.running": "not asked: engine.socket was skipped",
        "container.spec": "not asked: engine.socket was skipped",
    }


def test_a_plain_user_who_may_not_read_the_configuration_is_told_so(patient: Patient) -> None:
    patient.machine.root = False
    patient.config_error = ConfigError("config_unreadable", "cannot read it")
    patient.config_error.__cause__ = PermissionError(13, "Permission denied")
    found = patient.result("agent.config")
    assert (found.status, found.message) == (
        "skip",
        "may not read /etc/ladybug-agent/config.toml: run it as root",
    )


def test_commands_are_filled_with_what_is_known(patient: Patient) -> None:
    detach(patient)
    remedy = patient.result("volume.device").remedy
    assert remedy is not None
    assert remedy.commands[0].line == (
        "aws ec2 describe-volumes --filters Name=attachment.instance-id,Values=i-0123456789abcdef0"
    )
    exit_container(patient)
    remedy = patient.result("container.running").remedy
    assert remedy is not None
    assert remedy.commands[0].line == f"docker logs --tail 50 {NAME}"


CHAINS = (
    (detach, "volume.device", ("filesystem.mount", "filesystem.databases")),
    (unmount, "filesystem.mount", ("filesystem.databases",)),
    (exit_container, "container.running", ("container.spec",)),
    (drain, "lifecycle.departure", ()),
    (stop_engine, "engine.socket", ("image.present", "container.running", "container.spec")),
)


@pytest.mark.parametrize(("breaks", "root", "follow"), CHAINS, ids=lambda one: str(one)[:20])
def test_the_root_cause_comes_first(
    breaks: Callable[[Patient], None], root: str, follow: tuple[str, ...], patient: Patient
) -> None:
    breaks(patient)
    diagnosis = patient.diagnose()
    assert [one.id for one in diagnosis.root_causes] == [root]
    told = {one.id for one in diagnosis.consequences_of(diagnosis.root_causes[0])}
    assert told == set(follow)


def test_a_stopped_container_silences_its_service(patient: Patient) -> None:
    exit_container(patient)
    fall_silent(patient)
    (root,) = patient.diagnose().root_causes
    assert root.id == "container.running"


def test_two_faults_at_once_are_two_root_causes(patient: Patient) -> None:
    prune_images(patient)
    answer(HttpReply(status=503, body=b"busy"))(patient)
    roots = [root.id for root in patient.diagnose().root_causes]
    assert roots == ["image.present", "service.health"]
