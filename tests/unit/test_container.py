"""The container: ours, restricted, of this very specification; or started anew; or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.evidence import a_mount, a_servable, a_snapshot, a_spec
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.model.containers import BindMount, ContainerFacts, ContainerSpec
from ladybug_agent.resources.container import (
    RunningContainer,
    ensure_running,
    inspect_container,
    refuse_ended,
    stop_unproven,
)

NAME = "graph-api-shared"


@pytest.fixture
def engine(clock: FakeClock) -> FakeEngine:
    return FakeEngine(clock)


@pytest.fixture
def spec(tmp_path: Path) -> ContainerSpec:
    return a_spec(tmp_path)


def ensure(engine: FakeEngine, spec: ContainerSpec, tmp_path: Path) -> RunningContainer:
    return ensure_running(engine, a_servable(tmp_path), spec)


def alter(engine: FakeEngine, **changes: object) -> ContainerFacts:
    """Change what the engine reports of the container, as someone at a shell could."""
    changed: ContainerFacts = replace(engine.containers[NAME], **changes)  # type: ignore[arg-type]
    engine.containers[NAME] = changed
    return changed


def test_a_container_that_is_absent_is_started(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    found = ensure(engine, spec, tmp_path)
    assert (engine.containers[NAME].status, found.started_here) == ("running", True)


def test_looking_for_an_absent_container_starts_nothing(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    assert inspect_container(engine, a_servable(tmp_path), spec) is None
    assert engine.containers == {}


def test_a_container_that_runs_by_the_specification_is_kept(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    first = ensure(engine, spec, tmp_path)
    again = ensure(engine, spec, tmp_path)
    assert (again.container_id, again.started_here) == (first.container_id, False)


def test_a_container_of_another_configuration_is_replaced(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    first = ensure(engine, spec, tmp_path)
    changed = a_spec(tmp_path, config=a_config(tmp_path, **{"container.environment": {"A": "1"}}))
    second = ensure(engine, changed, tmp_path)
    assert second.container_id != first.container_id
    assert engine.containers[NAME].labels == changed.labels


def test_a_container_that_holds_an_earlier_mount_is_replaced(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    first = ensure(engine, spec, tmp_path)
    servable = a_servable(tmp_path, data=a_snapshot(tmp_path, mount=a_mount(tmp_path, mount_id=38)))
    second = ensure_running(engine, servable, a_spec(tmp_path, servable=servable))
    assert (second.container_id != first.container_id, len(engine.containers)) == (True, 1)


@pytest.mark.parametrize("status", ["exited", "created", "paused", "dead"])
def test_a_container_of_ours_that_does_not_run_is_started_anew(
    status: str, engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    first = ensure(engine, spec, tmp_path)
    alter(engine, status=status)
    second = ensure(engine, spec, tmp_path)
    assert (second.container_id != first.container_id, engine.containers[NAME].status) == (
        True,
        "running",
    )


@pytest.mark.parametrize("status", ["running", "exited"])
def test_a_container_that_the_agent_did_not_make_is_refused_and_left_alone(
    status: str, engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    ensure(engine, spec, tmp_path)
    foreign = alter(engine, labels={}, status=status)
    with pytest.raises(Refused, match="was not made by the agent") as caught:
        ensure(engine, spec, tmp_path)
    assert (caught.value.code, engine.containers) == ("container_name_taken", {NAME: foreign})


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"read_only_root": False}, "read-only root"),
        ({"capabilities_dropped": frozenset({"NET_RAW"})}, "dropped capabilities"),
        ({"capabilities_dropped": frozenset()}, "dropped capabilities"),
        ({"security_options": frozenset({"seccomp=unconfined"})}, "no new privileges"),
        ({"user": ""}, "unprivileged user"),
        ({"user": "0:0"}, "unprivileged user"),
        ({"restart_policy": "always"}, "no restart by the engine"),
        ({"binds": ()}, "read-only data"),
        (
            {"binds": (BindMount(source="/", target="/host", read_only=True),)},
            "read-only data",
        ),
    ],
)
def test_a_container_without_a_restriction_is_refused_and_left_alone(
    change: dict[str, object], lacks: str, engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    ensure(engine, spec, tmp_path)
    altered = alter(engine, **change)
    with pytest.raises(Refused, match=f"runs without: {lacks}$") as caught:
        ensure(engine, spec, tmp_path)
    assert (caught.value.code, engine.containers) == ("container_unrestricted", {NAME: altered})


def test_a_container_that_can_write_the_data_is_refused(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    ensure(engine, spec, tmp_path)
    alter(engine, binds=(replace(spec.data, read_only=False),))
    with pytest.raises(Refused, match="runs without: read-only data"):
        ensure(engine, spec, tmp_path)


def test_all_that_is_missing_is_named(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    ensure(engine, spec, tmp_path)
    alter(engine, read_only_root=False, user="")
    with pytest.raises(Refused, match="read-only root, unprivileged user"):
        ensure(engine, spec, tmp_path)


def test_a_container_that_fails_to_start_is_not_there(
    clock: FakeClock, spec: ContainerSpec, tmp_path: Path
) -> None:
    in_use = ExternalFailure("container_port_in_use", "found its port in use")
    engine = FakeEngine(clock, refuses={"run": in_use})
    with pytest.raises(ExternalFailure) as caught:
        ensure(engine, spec, tmp_path)
    assert (caught.value, engine.containers) == (in_use, {})


def test_a_running_container_has_not_ended(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    refuse_ended(engine, ensure(engine, spec, tmp_path))


def test_a_container_that_exited_is_refused_with_its_last_words(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    alter(engine, status="exited", exit_code=3)
    wanted = r"ended with exit code 3; its last words: opening sec\.lbug / out of luck$"
    with pytest.raises(Refused, match=wanted) as caught:
        refuse_ended(engine, container)
    assert (caught.value.code, caught.value.facts) == (
        "container_exited",
        {"exit_code": 3, "oom_killed": False},
    )


def test_only_the_last_20_lines_are_quoted(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    engine.log = tuple(f"line {number}" for number in range(100))
    alter(engine, status="exited")
    with pytest.raises(Refused) as caught:
        refuse_ended(engine, container)
    assert str(caught.value).partition("last words: ")[2].split(" / ") == list(engine.log[80:])


def test_a_container_that_said_nothing_is_quoted_as_such(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    engine.log = ()
    alter(engine, status="exited")
    with pytest.raises(Refused, match=r"its last words: none$"):
        refuse_ended(engine, container)


def test_a_container_killed_for_its_memory_says_so(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    alter(engine, status="exited", exit_code=137, oom_killed=True)
    with pytest.raises(Refused, match="exit code 137, killed for using too much memory"):
        refuse_ended(engine, container)


def test_a_container_that_was_removed_is_refused(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    engine.containers.clear()
    with pytest.raises(Refused, match="removed or replaced by someone else") as caught:
        refuse_ended(engine, container)
    assert caught.value.code == "container_replaced"


def test_a_container_that_was_replaced_is_refused(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    container = ensure(engine, spec, tmp_path)
    alter(engine, container_id="f" * 64)
    with pytest.raises(Refused) as caught:
        refuse_ended(engine, container)
    assert caught.value.code == "container_replaced"


def test_an_unproven_container_is_stopped_and_left_for_inspection(
    engine: FakeEngine, spec: ContainerSpec, tmp_path: Path
) -> None:
    stop_unproven(engine, ensure(engine, spec, tmp_path))
    assert engine.containers[NAME].status == "exited"
