"""Another image under a replica that serves, and back if it fails."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.boot import KEY, NAME, Machine
from fakes.build import IMAGE_BY_TAG
from fakes.clock import FakeClock
from fakes.engine import DIGEST, NEWER_DIGEST, REPOSITORY, FakeEngine, image_facts
from fakes.leaving import Replica, leaving_world
from fakes.service import FakeHttp, json_reply
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure, Fenced
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.model import HttpReply
from ladybug_agent.refresh.outcome import Refreshed, refresh_lines
from ladybug_agent.refresh.process import Wish, run_refresh
from ladybug_agent.served import read_served
from ladybug_agent.state import StateDirectory

SICK = json_reply({"status": "unhealthy"}, status=503)
DOWN = ExternalFailure("aws_unreachable", "no connection to dynamodb", hint="check")


class ServiceOf(FakeHttp):
    """The service of whatever container runs; the images in `sick` are never healthy."""

    def __init__(self, clock: FakeClock, engine: FakeEngine) -> None:
        super().__init__(clock)
        self._engine = engine
        self.sick: set[str] = set()

    def get(self, url: str) -> HttpReply:
        found = self._engine.container(NAME)
        if found is not None and found.image_id in self.sick and url.endswith("/health"):
            return SICK
        return super().get(url)


def served_by_tag(tmp_path: Path, **config: object) -> Machine:
    """Return a replica that was booted by a tag, which has moved on since."""
    clock = FakeClock()
    engine = FakeEngine(clock)
    settings: Mapping[str, object] = {"container.image": IMAGE_BY_TAG, **config}
    http = ServiceOf(clock, engine)
    machine = Machine.make(tmp_path, clock, config=settings, engine=engine, http=http)
    assert machine.boot().error is None
    engine.tags[IMAGE_BY_TAG] = NEWER_DIGEST
    engine.published[f"{REPOSITORY}@{NEWER_DIGEST}"] = image_facts(NEWER_DIGEST)
    return machine


def refresh(machine: Machine, **wish: object) -> Refreshed:
    deadline = Deadline.after(900.0, machine.clock)
    return run_refresh(machine.config, machine.world, Wish(**wish), deadline)  # type: ignore[arg-type]


def state_of(machine: Machine) -> StateDirectory:
    return StateDirectory(Path(machine.config.instance.state_dir))


def sicken(machine: Machine, digest: str) -> None:
    assert isinstance(machine.world.http, ServiceOf)
    machine.world.http.sick.add(image_facts(digest).image_id)


def row(machine: Machine) -> Mapping[str, object]:
    return machine.world.instance_registry.rows[KEY]


def test_a_new_image_takes_the_place_of_the_old(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    result = refresh(machine)
    assert (result.result, result.status) == ("updated", ExitStatus.GOOD)
    assert (result.from_digest, result.to_digest) == (DIGEST, NEWER_DIGEST)
    found = machine.world.engine.containers
    assert set(found) == {NAME}
    assert found[NAME].image_id == image_facts(NEWER_DIGEST).image_id
    told = (row(machine)["status"], row(machine)["image_digest"], row(machine)["container_id"])
    assert told == ("healthy", NEWER_DIGEST, found[NAME].container_id)
    served = read_served(state_of(machine).served)
    assert served is not None
    assert (served.container_id, served.image_digest) == (result.container_id, NEWER_DIGEST)


def test_nothing_is_done_where_nothing_has_changed(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    machine.world.engine.tags[IMAGE_BY_TAG] = DIGEST
    before = (dict(machine.world.engine.containers), machine.world.instance_registry.writes)
    result = refresh(machine)
    assert (result.result, result.status) == ("no-op", ExitStatus.GOOD)
    after = (dict(machine.world.engine.containers), machine.world.instance_registry.writes)
    assert after == before


def test_another_specification_is_a_change_too(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    machine.world.engine.tags[IMAGE_BY_TAG] = DIGEST
    changed = Machine.make(
        tmp_path,
        machine.clock,
        config={"container.image": IMAGE_BY_TAG, "container.pids_limit": 99},
    )
    result = run_refresh(
        changed.config, machine.world, Wish(), Deadline.after(900.0, machine.clock)
    )
    assert result.result == "updated"
    assert machine.world.engine.specs[result.container_id].pids_limit == 99


def test_an_image_by_name_is_run_until_the_next_boot(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    image = f"{REPOSITORY}@{NEWER_DIGEST}"
    assert refresh(machine, image=image).result == "updated"
    assert row(machine)["image"] == image


def test_an_image_that_does_not_get_healthy_is_taken_back(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    before = machine.world.engine.containers[NAME].container_id
    sicken(machine, NEWER_DIGEST)
    result = refresh(machine)
    assert (result.result, result.code) == ("rolled-back", "health_not_ok")
    assert result.status == ExitStatus.NOT_GOOD
    found = machine.world.engine.containers
    assert (found[NAME].container_id, found[NAME].status) == (before, "running")
    assert found[f"{NAME}-failed"].status == "exited"
    told = (row(machine)["status"], row(machine)["image_digest"], row(machine)["container_id"])
    assert told == ("healthy", DIGEST, before)


def test_what_a_failed_refresh_left_is_gone_after_the_next(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    sicken(machine, NEWER_DIGEST)
    refresh(machine)
    assert isinstance(machine.world.http, ServiceOf)
    machine.world.http.sick.clear()
    assert refresh(machine).result == "updated"
    assert set(machine.world.engine.containers) == {NAME}


def test_if_there_is_no_way_back_either_the_row_stays_unhealthy(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    sicken(machine, NEWER_DIGEST)
    machine.world.engine.refuses["start"] = ExternalFailure("container_engine_refused", "no")
    result = refresh(machine)
    assert (result.result, result.status) == ("failed", ExitStatus.NOT_GOOD)
    assert (row(machine)["status"], row(machine)["reason_code"]) == ("unhealthy", "refreshing")


def test_a_pull_that_fails_changes_nothing(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    before = dict(machine.world.engine.containers)
    machine.world.engine.refuses["pull"] = ExternalFailure("image_pull_failed", "no space")
    result = refresh(machine)
    assert (result.result, result.code) == ("failed", "image_pull_failed")
    assert (dict(machine.world.engine.containers), row(machine)["status"]) == (before, "healthy")


def test_an_image_that_cannot_read_the_databases_changes_nothing(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    before = dict(machine.world.engine.containers)
    labels = {"org.ladybugdb.storage-versions": "10-20"}
    machine.world.engine.published[f"{REPOSITORY}@{NEWER_DIGEST}"] = image_facts(
        NEWER_DIGEST, labels
    )
    result = refresh(machine)
    assert (result.result, result.code) == ("failed", "storage_version_too_new")
    assert (dict(machine.world.engine.containers), row(machine)["status"]) == (before, "healthy")


def test_a_registry_that_cannot_be_told_changes_nothing(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    before = dict(machine.world.engine.containers)
    machine.world.instance_registry.raises = DOWN
    result = refresh(machine)
    assert (result.result, result.code) == ("failed", "aws_unreachable")
    assert dict(machine.world.engine.containers) == before


def test_forced_it_goes_on_without_the_registry_and_says_so(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    machine.world.instance_registry.raises = DOWN
    result = refresh(machine, force=True)
    assert (result.result, result.is_told) == ("updated", False)
    assert result.status == ExitStatus.RESULT_NOT_WRITTEN


def test_a_replica_that_is_not_healthy_is_deferred(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    sicken(machine, DIGEST)
    result = refresh(machine)
    assert (result.result, result.code) == ("deferred", "replica_not_healthy")
    assert result.status == ExitStatus.BUSY


def test_forced_a_sick_replica_gets_the_image_that_heals_it(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    sicken(machine, DIGEST)
    assert refresh(machine, force=True).result == "updated"
    assert row(machine)["status"] == "healthy"


def test_forced_it_starts_anew_what_has_not_changed(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    machine.world.engine.tags[IMAGE_BY_TAG] = DIGEST
    before = machine.world.engine.containers[NAME].container_id
    result = refresh(machine, force=True)
    assert (result.result, result.container_id == before) == ("updated", False)


def test_a_container_that_somebody_replaced_is_deferred_and_forced_refused(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    machine.world.engine.containers[NAME].labels.clear()
    found = machine.world.engine.containers[NAME]
    assert refresh(machine, force=True).code == "container_name_taken"
    assert machine.world.engine.containers[NAME] == found


def test_before_any_boot_it_is_deferred(tmp_path: Path) -> None:
    machine = Machine.make(tmp_path)
    assert refresh(machine).code == "replica_not_booted"
    assert refresh(machine, force=True).result == "deferred"


def test_while_a_boot_runs_it_is_deferred(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    with state_of(machine).locked():
        result = refresh(machine, force=True)
    assert (result.result, result.code) == ("deferred", "boot_already_running")


def test_while_another_refresh_runs_it_is_deferred(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    with state_of(machine).locked_for_refresh():
        result = refresh(machine, force=True)
    assert (result.result, result.code) == ("deferred", "refresh_already_running")


def test_while_the_replica_leaves_it_is_deferred(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    Replica(machine=machine, world=leaving_world(machine)).drain("operator")
    result = refresh(machine, force=True)
    assert (result.result, result.code) == ("deferred", "instance_draining")


def test_a_drain_that_begins_meanwhile_is_not_undone(tmp_path: Path) -> None:
    """The image fails, but nothing is started again on an instance that leaves."""
    machine = served_by_tag(tmp_path)
    sicken(machine, NEWER_DIGEST)
    rename = machine.world.engine.rename

    def drains(container_id: str, name: str) -> None:
        rename(container_id, name)
        if name.endswith("-previous"):
            boot_id = machine.world.machine.boot().boot_id
            state_of(machine).drain.write_text(
                '{"schema": "ladybug.drain/1", "phase": "draining", "trigger": "operator",'
                f' "boot_id": "{boot_id}"}}'
            )

    machine.world.engine.rename = drains  # type: ignore[method-assign]
    result = refresh(machine)
    assert result.result == "failed"
    assert row(machine)["status"] == "unhealthy"
    assert machine.world.engine.containers[f"{NAME}-previous"].status == "exited"


def test_a_row_of_another_registration_is_not_written(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    theirs = {**machine.world.instance_registry.rows[KEY], "registration_id": "somebody-else"}
    machine.world.instance_registry.rows[KEY] = theirs
    with pytest.raises(Fenced):
        refresh(machine)
    assert row(machine) == theirs


def test_a_health_check_under_way_is_let_end(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    before = dict(machine.world.engine.containers)
    with state_of(machine).locked_for_health():
        result = refresh(machine)
    assert (result.result, result.code) == ("deferred", "health_check_already_running")
    assert (dict(machine.world.engine.containers), row(machine)["status"]) == (before, "healthy")


def test_the_row_says_unhealthy_while_nothing_serves(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    seen: list[tuple[object, object]] = []
    run = machine.world.engine.run

    def watched(spec: object) -> str:
        seen.append((row(machine)["status"], row(machine)["reason_code"]))
        return run(spec)  # type: ignore[arg-type]

    machine.world.engine.run = watched  # type: ignore[method-assign]
    refresh(machine)
    assert seen == [("unhealthy", "refreshing")]


def test_the_result_is_the_first_word(tmp_path: Path) -> None:
    machine = served_by_tag(tmp_path)
    sicken(machine, NEWER_DIGEST)
    first, second, *_ = refresh_lines(refresh(machine).document())
    assert first.startswith("rolled-back ")
    assert "health_not_ok" in second


def test_the_journal_has_one_canonical_line(tmp_path: Path, log_output: io.StringIO) -> None:
    refresh(served_by_tag(tmp_path))
    assert log_output.getvalue().count('"event": "refresh_finished"') == 1
