"""The verb `verify` on block devices and with the engine of an image."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ladybug_agent.resources.contents.manifest import FILE_NAME
from ladybug_agent.resources.image import STORAGE_VERSIONS_LABEL
from ladybug_lab.agent_process import AgentRun, run_agent
from ladybug_lab.depot import DATABASE
from ladybug_lab.engines import LADYBUG_0_22
from ladybug_lab.instance import LabInstance
from ladybug_lab.volumes.image import LoopDevice, attach, detach
from support.booting import boot, engine
from support.databases import checkpointed
from support.volumes import content_hash, is_sealed, make_journal_dirty, make_volume

pytestmark = pytest.mark.integration


@pytest.fixture
def content(tmp_path: Path) -> Path:
    directory = tmp_path / "content" / "databases"
    directory.mkdir(parents=True)
    checkpointed(LADYBUG_0_22, directory / "sec.lbug")
    return directory.parent


@pytest.fixture
def image(content: Path, tmp_path: Path) -> Path:
    return make_volume(tmp_path / "image", content=content)


@pytest.fixture
def device(image: Path) -> Iterator[LoopDevice]:
    attached = attach(image)
    yield attached
    detach(attached)


def verify(*arguments: object) -> AgentRun:
    argv = ["verify", *map(str, arguments), "--format", "json", "--config", "/nonexistent"]
    return run_agent(argv, dict(os.environ), timeout_s=60)


def the_error(run: AgentRun) -> dict[str, Any]:
    return dict(run.events[-1])


def test_a_device_is_looked_into_and_left_as_it_was(device: LoopDevice) -> None:
    before = content_hash(device.image)
    run = verify("--device", device.node)
    assert run.status == 0
    found = run.document()
    assert (found["device"]["node"], found["device"]["filesystem"]) == (str(device.node), "xfs")
    assert [d["name"] for d in found["databases"]] == ["sec"]
    assert content_hash(device.image) == before
    assert not is_sealed(device)
    assert str(device.node) not in Path("/proc/self/mounts").read_text()


def test_a_dirty_journal_is_refused_and_not_replayed(image: Path) -> None:
    make_journal_dirty(image)
    before = content_hash(image)
    attached = attach(image)
    try:
        run, sealed = verify("--device", attached.node), is_sealed(attached)
    finally:
        detach(attached)
    assert (run.status, the_error(run)["code"], sealed) == (1, "filesystem_dirty", False)
    assert content_hash(image) == before


def test_a_mounted_volume_is_looked_at_where_it_is(launched: Any) -> None:
    instance: LabInstance = launched()
    assert boot(instance).status == 0
    run = verify("--device", instance.device.node)
    assert run.status == 0
    assert run.document()["directory"] == str(instance.mount_point / "databases")


def test_without_a_place_the_instances_own_volume_is_verified(launched: Any) -> None:
    instance: LabInstance = launched()
    argv = ["verify", "--config", str(instance.config_file), "--format", "json"]
    before = run_agent(argv, instance.environment(), timeout_s=60)
    assert (before.status, the_error(before)["code"]) == (1, "verify_nothing_mounted")
    assert boot(instance).status == 0
    after = run_agent(argv, instance.environment(), timeout_s=60)
    assert after.status == 0
    assert [d["name"] for d in after.document()["databases"]] == [DATABASE]


def test_rows_counted_by_the_image_are_part_of_the_manifest(content: Path, launched: Any) -> None:
    boot(launched())  # so that the engine has the image
    with engine() as client:
        image = client.images.list(filters={"label": STORAGE_VERSIONS_LABEL})[0].id
    run = verify("--write-manifest", content / "databases", "--image", image)
    assert run.status == 0, run.events
    assert run.document()["databases"][0]["tables"]["Item"] == 500
    manifest = json.loads((content / "databases" / FILE_NAME).read_text())
    assert manifest["databases"][0]["tables"]["Item"] == 500
    assert verify(content, "--image", image).status == 0


def test_an_image_that_is_not_there_is_a_wrong_question(content: Path) -> None:
    run = verify(content, "--image", "no-such-image:1")
    assert (run.status, the_error(run)["code"]) == (2, "verify_image_unknown")
