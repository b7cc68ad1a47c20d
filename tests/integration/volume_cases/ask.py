"""The agent's data branch on a scene, in this process: the real thing, but for AWS and NVMe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fakes.build import a_config
from fakes.clock import FakeClock
from fakes.engine import FakeImageRegistry
from fakes.instance import BOOT, IDENTITY
from fakes.registry import FakeRegistry
from fakes.service import FakeHttp
from integration.volume_cases.case import Case
from integration.volume_cases.late import LateDevices
from integration.volume_cases.originals import NAME
from integration.volume_cases.scene import Scene
from ladybug_agent.adapters.docker_engine import DockerEngine
from ladybug_agent.adapters.file_layout import FiemapLayout
from ladybug_agent.adapters.kernel_log import KmsgKernelLog
from ladybug_agent.adapters.machine import ProcMachine
from ladybug_agent.adapters.page_cache import KernelPageCache
from ladybug_agent.boot import Boot
from ladybug_agent.boot_hydration import BootHydration
from ladybug_agent.clock import Deadline
from ladybug_agent.data_branch import prepare_data
from ladybug_agent.engine_steps import check_served, recover_data
from ladybug_agent.errors import AgentError
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord, StepRecord
from ladybug_agent.resources.image import PulledImage
from ladybug_agent.resources.registry_row import Fence
from ladybug_agent.resources.servable import ServedData, judge_servable
from ladybug_agent.resources.snapshot import PendingRecovery
from support.engine_image import DOCKER

BOOT_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of the boot: data that may be served, or an error."""

    data: ServedData | None = None
    error: AgentError | None = None
    record: BootRecord
    took_s: float


@contextmanager
def asked(case: Case, scene: Scene, image: PulledImage | None) -> Iterator[Answer]:
    """Run the boot as far as the case goes; the disk stays pinned for as long as the block."""
    boot = _boot(case, scene)
    with ExitStack() as held:
        began = time.monotonic()
        data = error = None
        try:
            data = _served(case, boot, held, image)
        except AgentError as refusal:
            error = refusal
            # As in the boot, which tells nobody before the disk is let go of.
            held.__exit__(type(refusal), refusal, refusal.__traceback__)
        took_s = time.monotonic() - began
        scene.let_go()
        yield Answer(data=data, error=error, record=boot.record, took_s=took_s)


def _served(case: Case, boot: Boot, held: ExitStack, image: PulledImage | None) -> ServedData:
    hydration = BootHydration(boot)
    found = prepare_data(boot, IDENTITY, held, hydration.begin)
    if case.engine is None or image is None:
        assert not isinstance(found, PendingRecovery), "this case needs an engine"
        return found
    image = case.engine.image(image)
    data = recover_data(boot, found, image, hydration)
    servable = judge_servable(data, image, boot.config.container.storage_versions)
    boot.record.note(version_check=servable.version_check)
    check_served(boot, servable)
    return data


def _boot(case: Case, scene: Scene) -> Boot:
    settings: dict[str, object] = {
        "instance.state_dir": str(scene.state),
        "container.name": f"volume-case-{scene.volume.volume_id}",
        "data.databases": (NAME,),
        "data.filesystem": case.filesystem,
        "data.mount_point": str(scene.mount_point),
    }
    if not case.fake_clock:  # who waits in vain is to fail soon
        settings["data.attach_timeout_s"] = 10.0
    settings |= {f"data.{key}": value for key, value in case.data.items()}
    config = a_config(scene.directory, **settings)
    step_name, act = case.after

    def observe(step: StepRecord) -> None:
        if (step.name, step.status) == (step_name, "done"):
            act(scene)

    return Boot(
        config=config,
        world=_world(scene),
        record=BootRecord(scene.directory / "record.json", scene.clock, observe),
        fence=Fence(registration_id="volume-case", boot=BOOT),
        deadline=Deadline.after(BOOT_TIMEOUT_S, scene.clock),
    )


def _world(scene: Scene) -> World:
    devices = scene.block_devices()
    if isinstance(scene.clock, FakeClock):
        devices = LateDevices(devices, scene.node, scene.appears_after_s, scene.clock)
    return World(
        metadata=scene.metadata,
        ec2=scene.ec2,
        image_registry=FakeImageRegistry(),
        block_devices=devices,
        mounts=scene.mounts(),
        kernel_log=KmsgKernelLog(),
        engine=DockerEngine(DOCKER),
        http=FakeHttp(FakeClock()),
        instance_registry=FakeRegistry(),
        machine=ProcMachine(),
        layout=FiemapLayout(),
        page_cache=KernelPageCache(),
        maps=None,
        orchestrators=(),
    )
