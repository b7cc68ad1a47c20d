"""Every bad volume we can think of, and the good ones beside them: what the agent answers to each.

The table is in `volume_cases/`. Real loop devices, filesystems, udev, ioctls and engine; only AWS
and the NVMe command are scripted. Nothing but the journal's replay, and the opt-in recovery by the
image's engine, may change an image; no bad volume may end in evidence, without which nothing can be
served.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog

from fakes.clock import FakeClock
from integration.volume_cases.ask import Answer, asked
from integration.volume_cases.case import Case
from integration.volume_cases.originals import Originals
from integration.volume_cases.scene import Scene
from integration.volume_cases.table import TABLE
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.adapters.mounts import SystemMounts
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_agent.config import LoggingConfig
from ladybug_agent.errors import describe, reason
from ladybug_agent.exit_status import exit_status
from ladybug_agent.logs import configure_logs
from ladybug_agent.model.containers import RegistryLogin
from ladybug_agent.model.storage import MountEntry
from ladybug_agent.resources.image import PulledImage, ensure_image, parse_image_reference
from ladybug_agent.resources.snapshot import VerifiedSnapshot
from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.depot import ACCOUNT_ID, ECR_USER, Depot
from ladybug_lab.errors import LabError
from ladybug_lab.instance import unmount_all
from support.engine_image import DOCKER
from support.volumes import is_sealed

PUT_AWAY_S = 10.0
pytestmark = [
    pytest.mark.integration,
    # A read that hangs is given up; its process ends when the case lets go of the disk.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    return Originals.make(tmp_path_factory.mktemp("originals"))


@pytest.fixture(scope="module")
def engine_image(depot: Depot) -> PulledImage:
    return ensure_image(
        DockerEngine(DOCKER),
        parse_image_reference(depot.by_digest),
        lambda: RegistryLogin(username=ECR_USER, password=registry_password(ACCOUNT_ID)),
        lambda _: None,
        Deadline.after(60.0, SystemClock()),
    )


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Let a failed case show the steps and the warnings, and not each look in vain."""
    configure_logs(LoggingConfig(level="info", format="text"), sys.stderr)
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_a_volume_that(
    case: Case, originals: Originals, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    image = request.getfixturevalue("engine_image") if case.engine else None
    with _scene(case, originals, tmp_path) as scene:
        before, others = scene.hashes(), _mounts_of(scene)
        with asked(case, scene, image) as answer:
            _judge_answer(case, scene, answer)
            _judge_mounts(scene, answer, others)
            sealed = is_sealed(scene.loop) if scene.loops else True
        scene.cleanup.close()
        unchanged = all(after == before.get(path, after) for path, after in scene.hashes().items())
        assert unchanged == (case.volume == "untouched")
        assert sealed or unchanged


def test_the_table_is_large_and_names_each_case_once() -> None:
    names = [case.name for case in TABLE]
    assert len(set(names)) == len(names)
    assert sum(bool(case.code) for case in TABLE) >= 60


def _put_away(mount_point: Path) -> None:
    """Unmount it, once a read that the agent left behind has ended."""
    limit = Deadline.after(PUT_AWAY_S, SystemClock())
    while True:
        try:
            return unmount_all(mount_point)
        except LabError:
            if limit.is_over:
                raise
            limit.pause(0.05)


@contextmanager
def _scene(case: Case, originals: Originals, directory: Path) -> Iterator[Scene]:
    with ExitStack() as cleanup:
        scene = Scene(
            directory=directory,
            mount_point=directory / "data",
            originals=originals,
            cleanup=ExitStack(),
        )
        cleanup.callback(scene.remove)
        cleanup.enter_context(scene.cleanup)
        if case.fake_clock:
            scene.clock = FakeClock()
        case.change(scene.add_image(originals.image(case.filesystem), "image"))
        case.attach(scene)
        case.ec2(scene)
        scene.cleanup.callback(lambda: _put_away(scene.mount_point))
        case.arrange(scene)
        yield scene


def _judge_answer(case: Case, scene: Scene, answer: Answer) -> None:
    if answer.error is None:
        assert not case.code, answer.data
        assert answer.data is not None
        told = " ".join(str(step.facts) for step in answer.record.steps)
    else:
        told = describe(answer.error)
        found = reason(answer.error)
        assert (found.code if found else "", exit_status(answer.error)) == (
            case.code,
            case.status,
        ), told
    for words in case.says:
        assert scene.filled_in(words) in told, told
    assert not case.says_nothing_of or case.says_nothing_of not in told
    assert answer.took_s < case.within_s
    if case.passes_s:
        least, most = case.passes_s
        assert least <= scene.fake_clock().passed_s <= most


def _judge_mounts(scene: Scene, answer: Answer, others: list[MountEntry]) -> None:
    """Nothing stays mounted by the agent but, read-only and sealed, what it looked into last."""
    mounted = _mounts_of(scene)
    if isinstance(answer.data, VerifiedSnapshot):
        found = [(entry.target, "ro" in entry.options) for entry in mounted]
        assert (scene.mount_point, True) in found
        assert (answer.data.mount.path, is_sealed(scene.loop)) == (scene.mount_point, True)
    for entry in (entry for entry in mounted if entry not in others):
        assert (entry.target, "ro" in entry.options) == (scene.mount_point, True)
        assert is_sealed(scene.loop)


def _mounts_of(scene: Scene) -> list[MountEntry]:
    numbers = {_number(loop.node) for loop in scene.loops}
    return [entry for entry in SystemMounts().entries() if entry.device_number in numbers]


def _number(node: Path) -> str:
    return (Path("/sys/block") / node.name / "dev").read_text(encoding="ascii").strip()
