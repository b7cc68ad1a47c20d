"""The log: one JSON object a line for the journal, text for people."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

import ladybug_agent
from fakes.build import a_config, a_world
from fakes.clock import FakeClock
from fakes.instance import FakeMetadata
from ladybug_agent.boot_process import run_boot
from ladybug_agent.clock import Deadline
from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import Refused
from ladybug_agent.logs import configure_logs, log_step
from ladybug_agent.record import BootRecord, StepRecord

SNAKE_CASE = re.compile(r"[a-z]+(_[a-z]+)*")
LEVELS = {"debug", "info", "warning", "error"}
log = structlog.get_logger(__name__)


def lines_of(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_event_level_time_and_facts() -> None:
    out = io.StringIO()
    configure_logs(LoggingConfig(format="json"), out, verb="bootstrap")
    log.info("step_started", step="mount")
    (line,) = lines_of(out)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {"event": "step_started", "level": "info", "step": "mount", "verb": "bootstrap"}


def test_what_is_not_a_terminal_gets_json() -> None:
    out = io.StringIO()
    configure_logs(LoggingConfig(format="auto"), out)
    log.info("step_started")
    assert lines_of(out)[0]["event"] == "step_started"


def test_text_is_for_people() -> None:
    out = io.StringIO()
    configure_logs(LoggingConfig(format="text"), out)
    log.info("step_started", step="mount")
    assert "step_started" in out.getvalue()
    assert "step=mount" in out.getvalue()


def test_lines_below_the_level_are_left_out() -> None:
    out = io.StringIO()
    configure_logs(LoggingConfig(format="json", level="warning"), out)
    log.info("step_started")
    log.warning("container_not_stopped")
    assert [line["event"] for line in lines_of(out)] == ["container_not_stopped"]


def test_facts_of_an_earlier_verb_are_gone() -> None:
    out = io.StringIO()
    configure_logs(LoggingConfig(format="json"), out, verb="config", boot_id="boot-1")
    configure_logs(LoggingConfig(format="json"), out, verb="status")
    log.info("step_started")
    assert "boot_id" not in lines_of(out)[0]


def test_a_step_that_starts_is_one_line(log_output: io.StringIO) -> None:
    log_step(StepRecord(name="mount", started_s=0.0))
    (line,) = lines_of(log_output)
    assert (line["event"], line["level"], line["step"]) == ("step_started", "info", "mount")


def test_a_step_that_ends_well_is_one_line_with_its_facts(log_output: io.StringIO) -> None:
    step = StepRecord(name="mount", started_s=0.0, status="done", duration_s=1.5)
    step.note(mount_point="/mnt/ladybug-data")
    log_step(step)
    (line,) = lines_of(log_output)
    assert (line["event"], line["level"], line["duration_s"], line["mount_point"]) == (
        "step_done",
        "info",
        1.5,
        "/mnt/ladybug-data",
    )


def test_a_step_that_fails_is_one_error_with_its_chain(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    record = BootRecord(tmp_path / "bootstrap.json", clock, log_step)
    with pytest.raises(Refused), record.step("mount"):
        raise Refused("mount_writable", "found it writable")
    line = lines_of(log_output)[-1]
    assert (line["event"], line["level"], line["code"], line["error"]) == (
        "step_failed",
        "error",
        "mount_writable",
        ["mount_writable: found it writable"],
    )


def test_a_cancelled_step_is_no_error(log_output: io.StringIO) -> None:
    log_step(StepRecord(name="mount", started_s=0.0, status="cancelled", duration_s=1.0))
    (line,) = lines_of(log_output)
    assert (line["event"], line["level"]) == ("step_cancelled", "info")


def boot_lines(tmp_path: Path, clock: FakeClock, out: io.StringIO) -> list[dict[str, Any]]:
    run_boot(a_config(tmp_path), a_world(clock), clock, Deadline.after(900.0, clock))
    return lines_of(out)


def test_a_happy_boot_has_at_most_25_info_lines(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    lines = boot_lines(tmp_path, clock, log_output)
    assert 10 <= len([line for line in lines if line["level"] != "debug"]) <= 25


def test_every_line_of_a_boot_says_which_boot(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    lines = boot_lines(tmp_path, clock, log_output)
    assert {line.get("boot_id") for line in lines} == {"11111111-2222-3333-4444-555555555555"}


def test_the_last_line_of_a_boot_tells_all_of_it(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    line = boot_lines(tmp_path, clock, log_output)[-1]
    assert (line["level"], line["event"], line["outcome"], line["instance_id"]) == (
        "info",
        "bootstrap_finished",
        "registered",
        "i-0123456789abcdef0",
    )
    assert sorted(line["steps"]) == [
        "await_device",
        "await_healthy",
        "await_warm",
        "find_volume",
        "identity",
        "mount",
        "open_databases",
        "pull_image",
        "register",
        "signal",
        "start_container",
        "verify_snapshot",
    ]


def test_the_last_line_of_a_failed_boot_is_an_error_with_its_reason(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    world = a_world(clock, metadata=FakeMetadata(target_lifecycle_state="Terminated"))
    run_boot(a_config(tmp_path), world, clock, Deadline.after(900.0, clock))
    line = lines_of(log_output)[-1]
    assert (line["event"], line["level"], line["outcome"], line["code"], bool(line["hint"])) == (
        "bootstrap_finished",
        "error",
        "failed",
        "instance_terminating",
        True,
    )


def test_no_secret_is_in_the_log_of_a_boot(
    tmp_path: Path, clock: FakeClock, log_output: io.StringIO
) -> None:
    boot_lines(tmp_path, clock, log_output)
    assert "made-up" not in log_output.getvalue()


def test_every_event_in_the_source_is_snake_case() -> None:
    events = sorted(events_in_source())
    assert len(events) > 5
    assert [event for event in events if not SNAKE_CASE.fullmatch(event)] == []


def events_in_source() -> Iterator[str]:
    for path in Path(ladybug_agent.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                    args=[ast.Constant(value=str(event)), *_],
                ) if level in LEVELS:
                    yield event
