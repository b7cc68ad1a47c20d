"""From what every source says of a boot to one timeline on the kernel's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.timeline import BOOT_ID, STEPS, BootScene, a_record, shape, span, wall
from fakes.units import KERNEL_STARTED_AT, a_unit, moment
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.health.state import HealthState, write_state
from ladybug_agent.hydrate.report import HydrationReport, save_report


@pytest.fixture
def scene(tmp_path: Path) -> BootScene:
    return BootScene.make(tmp_path)


def test_every_step_of_the_agent_is_on_the_kernels_clock(scene: BootScene) -> None:
    scene.record(a_record(at_s=22.5))
    timeline = scene.timeline()
    steps = {s.name: shape(s) for s in timeline.spans if s.source == "agent"}
    assert steps == {
        name: (round(22.5 + start, 2), round(22.5 + start + took, 2)) for name, start, took in STEPS
    }
    assert [(m.name, m.at_s) for m in timeline.milestones if m.at_s > 30] == [
        ("first healthy answer", 36.5),
        ("registered", 36.8),
    ]


def test_branches_are_told_apart_by_their_lanes(scene: BootScene) -> None:
    scene.record(a_record())
    timeline = scene.timeline()
    lanes = {name: span(timeline, name).lane for name in ("mount", "pull_image", "register")}
    assert lanes == {"mount": "data", "pull_image": "image", "register": ""}


def test_the_kernel_and_its_initrd_come_first(scene: BootScene) -> None:
    timeline = scene.timeline()
    assert [(s.name, shape(s)) for s in timeline.spans] == [
        ("kernel", (0.0, 1.2)),
        ("initrd", (1.2, 2.9)),
    ]
    assert timeline.kernel_started_at == KERNEL_STARTED_AT


def test_in_a_container_the_kernel_is_not_part_of_the_boot(scene: BootScene) -> None:
    scene.units.facts = type(scene.units.facts)(virtualization="docker", userspace=moment(90_000))
    assert scene.timeline().spans == ()


@pytest.mark.parametrize("form", ["22.2", "23.4", "25"])
def test_the_stages_of_cloud_init_are_read_in_every_form(scene: BootScene, form: str) -> None:
    scene.copy(f"cloud_init/status-{form}.json", "status.json")
    timeline = scene.timeline()
    assert {s.name: shape(s) for s in timeline.spans if s.source == "cloud-init"} == {
        "init-local": (4.53, 5.61),
        "init-network": (8.02, 9.47),
        "modules-config": (10.11, 10.88),
        "modules-final": (11.02, 21.94),
    }


def test_the_user_datas_script_is_timed_by_cloud_inits_log_of_this_boot(scene: BootScene) -> None:
    scene.copy("cloud_init/status-22.2.json", "status.json")
    scene.copy("cloud_init/log-22.2.txt", "cloud-init.log")
    assert shape(span(scene.timeline(), "user data")) == (11.52, 21.61)


def test_a_log_of_an_earlier_boot_is_not_taken_for_this_one(scene: BootScene) -> None:
    scene.copy("cloud_init/log-22.2.txt", "cloud-init.log")
    timeline = scene.timeline()
    assert [s for s in timeline.spans if s.source == "cloud-init"] == []
    assert "cloud-init: it has not run" in timeline.missing


def test_a_stage_that_runs_has_no_end(scene: BootScene) -> None:
    scene.copy("cloud_init/status-running.json", "status.json")
    final = span(scene.timeline(), "modules-final")
    assert (final.ended_s, final.status) == (None, "running")


def test_a_stage_with_errors_has_failed(scene: BootScene) -> None:
    scene.copy("cloud_init/status-failed.json", "status.json")
    final = span(scene.timeline(), "modules-final")
    assert (final.status, final.note) == ("failed", "1 errors")


SAYS = "ladybug-agent stub:"


def test_the_stub_says_what_it_had_done_by_when(scene: BootScene) -> None:
    scene.write(
        "stub.log",
        f"2026-02-05T08:00:05Z {SAYS} started\n2026-02-05T08:00:09Z {SAYS} fetched\n"
        f"2026-02-06T12:00:12Z {SAYS} started\n2026-02-06T12:00:15.500Z {SAYS} fetched 12 MB\n"
        "noise of a program\n2026-02-06T12:00:16Z other words\n"
        f"2026-02-06T12:00:19Z {SAYS} 1.0.0 is installed and its boot started\n",
    )
    pieces = [(s.name, shape(s), s.note) for s in scene.timeline().spans if s.source == "stub"]
    assert pieces == [
        ("fetched", (12.0, 15.5), "12 MB"),
        ("installed", (15.5, 19.0), "1.0.0 is installed and its boot started"),
    ]


def test_a_stub_that_does_not_say_when_it_began_began_with_the_user_data(scene: BootScene) -> None:
    scene.copy("cloud_init/status-22.2.json", "status.json")
    scene.copy("cloud_init/log-22.2.txt", "cloud-init.log")
    scene.write("stub.log", f"2026-02-06T12:00:21Z {SAYS} 1.0.0 is installed\n")
    assert shape(span(scene.timeline(), "installed")) == (11.52, 21.0)


def test_a_stub_run_by_hand_hours_later_did_not_begin_with_the_user_data(scene: BootScene) -> None:
    scene.copy("cloud_init/status-22.2.json", "status.json")
    scene.copy("cloud_init/log-22.2.txt", "cloud-init.log")
    scene.write("stub.log", f"2026-02-06T14:00:00Z {SAYS} 1.0.0 is installed\n")
    assert shape(span(scene.timeline(), "installed")) == (7200.0, 7200.0)


def test_a_stub_that_failed_says_why(scene: BootScene) -> None:
    scene.write(
        "stub.log",
        f"2026-02-06T12:00:12Z {SAYS} started\n"
        f"2026-02-06T12:00:14Z {SAYS} failed: bundle_corrupt: wanted another SHA-256\n",
    )
    failed = span(scene.timeline(), "failed")
    assert (failed.status, failed.note) == ("failed", "bundle_corrupt: wanted another SHA-256")


def test_what_was_written_before_the_clock_was_set_goes_by_the_clock_of_then(
    scene: BootScene,
) -> None:
    """The clock was 30 s slow until second 15; the kernel's clock knows nothing of it."""
    scene.units.facts = type(scene.units.facts)(
        userspace=moment(2.9, fast_by_s=-30), finish=moment(24.0)
    )
    scene.record(a_record())
    scene.write(
        "stub.log", f"2026-02-06T11:59:42Z {SAYS} started\n2026-02-06T11:59:44Z {SAYS} fetched\n"
    )
    timeline = scene.timeline()
    assert shape(span(timeline, "fetched")) == (12.0, 14.0)
    assert timeline.kernel_started_at == KERNEL_STARTED_AT
    assert timeline.remarks == ("the wall clock was set by +30.0 s before 22.5 s",)


def test_docker_and_the_network_are_shown_as_systemd_started_them(scene: BootScene) -> None:
    scene.units.know(
        a_unit("docker.service", left_inactive=moment(9.5), became_active=moment(11.25)),
        a_unit("systemd-networkd-wait-online.service", active="activating", became_active=None),
    )
    timeline = scene.timeline()
    assert shape(span(timeline, "docker")) == (9.5, 11.25)
    assert (span(timeline, "network online").status, span(timeline, "network online").ended_s) == (
        "running",
        None,
    )


def test_loading_the_agent_is_the_time_before_its_first_line(scene: BootScene) -> None:
    scene.units.know(a_unit("ladybug-bootstrap.service", main_started=moment(22.1)))
    scene.record(a_record(at_s=22.5))
    assert shape(span(scene.timeline(), "load")) == (22.1, 22.5)


def test_a_boot_that_failed_shows_where(scene: BootScene) -> None:
    scene.record(a_record(failing="find_volume", code="volume_not_mapped"))
    timeline = scene.timeline()
    failed = timeline.failed_at
    assert failed is not None
    assert (failed.name, failed.code, timeline.outcome) == (
        "find_volume",
        "volume_not_mapped",
        "failed",
    )
    assert (timeline.code, timeline.hint) == ("volume_not_mapped", "put it right")
    assert timeline.registered_s is None


def test_a_boot_whose_process_is_gone_was_interrupted(scene: BootScene) -> None:
    record = a_record(failing="mount") | {"outcome": "running"}
    record["steps"][-1] |= {"status": "running", "duration_s": None}
    del record["total_s"]
    scene.record(record)
    timeline = scene.timeline()
    mount = span(timeline, "mount")
    assert (timeline.outcome, mount.status, mount.ended_s) == ("interrupted", "unknown", None)


def test_a_record_of_another_boot_is_not_put_on_this_ones_clock(scene: BootScene) -> None:
    scene.record(a_record() | {"boot_id": "another"})
    timeline = scene.timeline()
    assert (timeline.outcome, [s for s in timeline.spans if s.source == "agent"]) == ("absent", [])
    assert "boot record: it is of another boot" in timeline.missing


def test_runs_before_the_one_that_registered_are_shown_as_a_whole(scene: BootScene) -> None:
    first = a_record(at_s=20.0, failing="find_volume", code="volume_not_mapped")
    second = a_record(at_s=60.0)
    scene.keep(BOOT_ID, first, second)
    scene.record(second)
    timeline = scene.timeline()
    run = span(timeline, "bootstrap, run 1")
    assert (run.status, run.code, shape(run)) == ("failed", "volume_not_mapped", (20.0, 34.5))
    assert (timeline.outcome, timeline.registered_s) == ("registered", 74.3)


def test_a_run_that_found_all_in_place_does_not_hide_the_boot(scene: BootScene) -> None:
    first, again = a_record(at_s=20.0), a_record(at_s=900.0)
    scene.keep(BOOT_ID, first, again)
    scene.record(again)
    timeline = scene.timeline()
    assert timeline.registered_s == 34.3
    assert shape(span(timeline, "bootstrap, run 2")) == (900.0, 914.5)


def test_a_run_after_one_that_failed_is_the_boot(scene: BootScene) -> None:
    first, lost, again = (
        a_record(at_s=20.0),
        a_record(at_s=300.0, failing="mount", code="mount_failed"),
        a_record(at_s=400.0),
    )
    scene.keep(BOOT_ID, first, lost, again)
    scene.record(again)
    timeline = scene.timeline()
    assert timeline.registered_s == 414.3
    runs = [(s.name, s.status) for s in timeline.spans if s.lane == "again"]
    assert runs == [("bootstrap, run 1", "done"), ("bootstrap, run 2", "failed")]


def test_hydration_begins_with_the_mount(scene: BootScene) -> None:
    scene.record(a_record(at_s=20.0))
    report = HydrationReport(state="complete", updated_at=wall(400.0), pct=100.0)
    save_report(scene.directory / "state/hydration.json", report)
    hydration = span(scene.timeline(), "hydration")
    assert (shape(hydration), hydration.note) == ((21.9, 400.0), "100 %")


def test_the_health_checks_own_verdict_is_a_milestone(scene: BootScene) -> None:
    state = HealthState(boot_id=BOOT_ID, status="healthy", since_mono=55.0, checks=3)
    write_state(scene.directory / "state/health.json", state)
    marks = {m.name: m.at_s for m in scene.timeline().milestones}
    assert marks["healthy by the health checks"] == 55.0


def test_a_refresh_of_this_boot_is_shown_as_a_whole(scene: BootScene) -> None:
    scene.record(a_record(at_s=20.0))
    scene.write("state/refresh.json", a_record(at_s=500.0))
    assert shape(span(scene.timeline(), "refresh")) == (500.0, 514.5)


def test_where_nothing_is_known_everything_is_missing_and_nothing_fails(scene: BootScene) -> None:
    scene.units.present = False
    timeline = scene.timeline()
    assert (timeline.outcome, timeline.spans) == ("absent", ())
    assert timeline.missing == (
        "boot record: none",
        "systemd: it is not the first process here",
        "cloud-init: it has not run",
        "stub: it has left no log",
        "hydration: nobody has reported any",
        "health: no check has run",
    )


def test_a_manager_that_does_not_answer_is_missing_with_its_error(scene: BootScene) -> None:
    scene.units.raises = ExternalFailure("command_failed", "wanted an answer, found none")
    assert "systemd: command_failed: wanted an answer, found none" in scene.timeline().missing


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v1": 7}', "null", "\x00"])
def test_a_file_that_is_not_what_it_should_be_is_missing(scene: BootScene, text: str) -> None:
    for name in ("status.json", "state/bootstrap.json", "state/health.json"):
        scene.write(name, text)
    missing = " ".join(scene.timeline().missing)
    assert "cloud-init: " in missing
    assert "boot record: " in missing
    assert "health: " in missing


def test_the_kernels_start_is_told_by_the_clock_as_it_is_now(scene: BootScene) -> None:
    record = a_record() | {"started_at": "2026-02-06T11:00:22.500+00:00"}
    del record["finished_at"]
    scene.record(record)
    assert scene.timeline().kernel_started_at == datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
