"""The boots that are kept on the root disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fakes.boot import Machine
from fakes.clock import FakeClock
from fakes.instance import FOREVER, FakeMetadata
from fakes.units import boot_files_in
from ladybug_agent.boot_history import MOST_RUNS, BootHistory, chosen, kept_boot
from ladybug_agent.errors import NotYet
from ladybug_agent.kept_files import KEPT_BOOTS, kept_documents, read_kept, runs_in
from ladybug_agent.record import BootRecord
from ladybug_agent.timeline.written import read_around

BOOT = "3f2a91bc-0000-4000-8000-000000000001"


def runs_of(directory: Path, boot_id: str = BOOT) -> list[Any]:
    runs = runs_in(read_kept(directory, boot_id))
    return [(run["outcome"], [step["name"] for step in run["steps"]]) for run in runs]


def begin(tmp_path: Path, clock: FakeClock) -> tuple[BootHistory, BootRecord]:
    history = BootHistory(tmp_path / "boots", BOOT)
    record = BootRecord(tmp_path / "bootstrap.json", clock, history.on_step)
    history.begin(record)
    return history, record


def test_a_boot_is_kept_from_its_beginning(tmp_path: Path, clock: FakeClock) -> None:
    begin(tmp_path, clock)
    assert runs_of(tmp_path / "boots") == [("running", [])]


def test_a_boot_that_is_cut_off_leaves_the_step_it_was_at(tmp_path: Path, clock: FakeClock) -> None:
    _, record = begin(tmp_path, clock)
    with record.step("identity"):
        pass
    with record.step("mount"):
        left = read_kept(tmp_path / "boots", BOOT)
    steps = [(step["name"], step["status"]) for step in left["runs"][0]["steps"]]
    assert steps == [("identity", "done"), ("mount", "running")]


def test_a_line_that_was_torn_is_passed_over(tmp_path: Path, clock: FakeClock) -> None:
    _, record = begin(tmp_path, clock)
    with record.step("identity"), record.step("mount"):
        progress = tmp_path / "boots" / f"{BOOT}.steps"
        progress.write_bytes(progress.read_bytes()[:-20])
        assert runs_of(tmp_path / "boots") == [("running", ["identity"])]


def test_at_its_end_a_boot_leaves_one_file(tmp_path: Path, clock: FakeClock) -> None:
    history, record = begin(tmp_path, clock)
    with record.step("identity"):
        pass
    record.finish(None)
    history.end({})
    assert [path.name for path in (tmp_path / "boots").iterdir()] == [f"{BOOT}.json"]
    assert runs_of(tmp_path / "boots") == [("registered", ["identity"])]


def test_the_next_run_of_the_boot_calls_it_interrupted(tmp_path: Path, clock: FakeClock) -> None:
    _, killed = begin(tmp_path, clock)
    with killed.step("identity"):
        pass
    history, record = begin(tmp_path, clock)
    record.finish(None)
    history.end({})
    assert runs_of(tmp_path / "boots") == [("interrupted", ["identity"]), ("registered", [])]


def test_a_boot_that_registers_is_kept_with_all_its_steps(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    machine.boot()
    kept = list(kept_documents(tmp_path / "boots"))
    assert [(boot["boot_id"], boot["runs"][0]["outcome"]) for boot in kept] == [
        (machine.world.machine.boot().boot_id, "registered")
    ]
    assert [step["name"] for step in kept[0]["runs"][0]["steps"]] == [
        step["name"] for step in machine.record["steps"]
    ]


def test_a_boot_that_fails_is_kept_with_where_and_why(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path, metadata=FakeMetadata(unreachable_for=FOREVER))
    machine.boot()
    (boot,) = kept_documents(tmp_path / "boots")
    run = boot["runs"][0]
    step = run["steps"][0]
    assert (run["outcome"], run["code"]) == ("failed", "imds_unreachable")
    assert (step["name"], step["status"]) == ("identity", "failed")


def test_the_row_and_the_registration_id_are_not_kept(tmp_path: Path) -> None:
    Machine.make(tmp_path).boot()
    (boot,) = kept_documents(tmp_path / "boots")
    assert {"row", "registration_id"} & set(boot["runs"][0]) == set()


def test_that_it_cannot_be_kept_fails_no_boot(tmp_path: Path) -> None:
    (tmp_path / "boots").write_text("in the way")
    assert Machine.make(tmp_path).boot().error is None


def test_nothing_is_kept_where_no_directory_is_named(tmp_path: Path) -> None:
    config = {"instance.boots_dir": ""}
    assert Machine.make(tmp_path, config=config).boot().error is None
    assert not (tmp_path / "boots").exists()


def test_only_the_last_boots_are_kept(tmp_path: Path, clock: FakeClock) -> None:
    for number in range(KEPT_BOOTS + 5):
        with kept_boot(str(tmp_path), f"boot-{number}") as history:
            history.begin(BootRecord(tmp_path / "record", clock))
        os.utime(tmp_path / f"boot-{number}.json", (number, number))
    left = [boot["boot_id"] for boot in kept_documents(tmp_path)]
    assert left == [f"boot-{number}" for number in range(KEPT_BOOTS + 4, 4, -1)]


def test_of_many_runs_the_first_the_one_that_registered_and_the_last_are_kept() -> None:
    outcomes = ["failed", "failed", "registered", *["cancelled"] * 6, "failed"]
    runs = [{"outcome": outcome, "number": at} for at, outcome in enumerate(outcomes)]
    assert [run["number"] for run in chosen(runs)] == [0, 2, 7, 8, 9]
    assert len(chosen(runs)) == MOST_RUNS


def test_a_long_message_is_cut(tmp_path: Path, clock: FakeClock) -> None:
    history, record = begin(tmp_path, clock)
    record.finish(NotYet("imds_unreachable", "x" * 100_000))
    history.end({})
    assert (tmp_path / "boots" / f"{BOOT}.json").stat().st_size < 2000


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "another/1"}', "\x00\xff"])
def test_a_file_that_is_no_kept_boot_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{BOOT}.json").write_text(text)
    assert list(kept_documents(tmp_path)) == []


def test_a_boot_id_is_no_path(tmp_path: Path, clock: FakeClock) -> None:
    with kept_boot(str(tmp_path / "boots"), "../../etc/passwd") as history:
        history.begin(BootRecord(tmp_path / "record", clock))
    assert [path.name for path in (tmp_path / "boots").iterdir()] == ["etcpasswd.json"]


def test_what_cloud_init_calls_errors_is_counted_and_not_kept(tmp_path: Path) -> None:
    secret = "password: hunter2"
    status = {"v1": {"init": {"start": 1.0, "finished": 2.0, "errors": [secret]}}}
    (tmp_path / "status.json").write_text(json.dumps(status))
    around = read_around(boot_files_in(tmp_path))
    assert around["cloud_init"]["v1"]["init"] == {
        "start": 1.0,
        "finished": 2.0,
        "errors": ["not kept"],
    }
    assert secret not in json.dumps(around)


@pytest.mark.parametrize("text", ["", "[]", '{"v1": []}', '{"v1": {"init": 7}}', "{"])
def test_what_cloud_init_never_writes_does_no_harm(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    (tmp_path / "stub.log").write_text("2026-02-06T12:00:12Z ladybug-agent stub: started\n")
    assert read_around(boot_files_in(tmp_path))["stub"] == [
        "2026-02-06T12:00:12Z ladybug-agent stub: started"
    ]
