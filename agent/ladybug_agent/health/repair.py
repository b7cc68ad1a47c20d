"""Restart the container as the boot starts it: through the same chain, the mount verified first.

Nothing is asked of AWS: what EC2 said at boot was kept, and the disk itself is looked at again.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from ladybug_agent.boot import Boot
from ladybug_agent.boot_hydration import BootHydration
from ladybug_agent.bootstrap import start_container
from ladybug_agent.clock import Deadline
from ladybug_agent.config import Config
from ladybug_agent.config.hydration import HydrationConfig
from ladybug_agent.data_branch import prepare_data
from ladybug_agent.engine_steps import recover_data
from ladybug_agent.errors import ExternalFailure, Refused
from ladybug_agent.files import write_atomically
from ladybug_agent.health.remembered import RememberedEc2, remembered_identity
from ladybug_agent.left_serving import leave_serving
from ladybug_agent.logs import log_step
from ladybug_agent.model.containers import ContainerFacts
from ladybug_agent.ports import World
from ladybug_agent.record import BootRecord
from ladybug_agent.resources.container import RunningContainer
from ladybug_agent.resources.image import PulledImage, inspect_image, parse_image_reference
from ladybug_agent.resources.registry_row import Fence
from ladybug_agent.resources.servable import judge_servable
from ladybug_agent.served import Served
from ladybug_agent.state import StateDirectory

STOP_GRACE_S = 5
LOG_LINES = 200
KEPT_EVIDENCE = 10
# What the container has touched is in memory still, or on the volume at least.
NOTHING_AHEAD = HydrationConfig(mode="off")


def repair(config: Config, world: World, served: Served, deadline: Deadline) -> RunningContainer:
    """Take the container away, keep what it said, and start it anew.

    Blocks for some seconds, at most to the deadline; whether it then serves is for the next
    health checks. Raises Busy while a boot runs, which does the same. On failure there is no
    container, or the failed one is left for inspection.
    """
    state = StateDirectory(Path(config.instance.state_dir))
    with state.locked():
        record = BootRecord(state.repair, deadline.clock, log_step, boot_id=served.boot_id)
        boot = Boot(
            config=_as_it_serves(config),
            world=replace(world, ec2=RememberedEc2(served)),
            record=record,
            fence=Fence(registration_id=served.registration_id, boot=world.machine.boot()),
            deadline=deadline,
        )
        try:
            container = _restart(boot, served)
        except BaseException as error:  # noted, and raised again
            record.finish(error)
            raise
        record.finish(None)
    return container


def _as_it_serves(config: Config) -> Config:
    """Return the configuration without what is asked of a volume only before it serves."""
    data = config.data
    if data.on_stale_snapshot == "refuse":  # at boot; what serves already may grow old
        data = replace(data, on_stale_snapshot="warn")
    return replace(config, data=data, hydration=NOTHING_AHEAD)


def _restart(boot: Boot, served: Served) -> RunningContainer:
    with ExitStack() as held:
        with boot.record.step("stop_container"):
            _take_away(boot)
        image = _image(boot, served)
        hydration = BootHydration(boot)
        found = prepare_data(boot, remembered_identity(served), held, hydration.begin)
        data = recover_data(boot, found, image, hydration)
        servable = judge_servable(data, image, boot.config.container.storage_versions)
        container = start_container(boot, servable)
        leave_serving(boot, container, served.row)
    return container


def _take_away(boot: Boot) -> None:
    """Keep what ours said and stop it; the chain removes the remains that are in its way."""
    engine = boot.world.engine
    found = engine.container(boot.config.container.name)
    if found is None:
        return
    if found.status in {"running", "paused", "restarting"}:
        engine.stop(found.container_id, grace_s=STOP_GRACE_S)
    _keep_evidence(boot, found, engine.logs(found.container_id, lines=LOG_LINES))


def _keep_evidence(boot: Boot, found: ContainerFacts, lines: tuple[str, ...]) -> None:
    """Write what the container was and said; only the last few are kept, for /run is memory."""
    facts = {name: str(value) for name, value in asdict(found).items()}
    document = {"schema": "ladybug.evidence/1", "container": facts, "log": lines}
    state = StateDirectory(Path(boot.config.instance.state_dir))
    path = state.evidence / f"{found.container_id}.json"
    try:
        write_atomically(path, json.dumps(document, indent=1) + "\n")
        kept = sorted(state.evidence.iterdir(), key=lambda file: file.stat().st_mtime)
        for old in kept[:-KEPT_EVIDENCE]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ExternalFailure(
            "evidence_not_kept",
            f"wanted to keep what the container said in {path}, and could not write it",
            hint="is /run full? the container is left as it is until there is room",
        ) from error


def _image(boot: Boot, served: Served) -> PulledImage:
    """Return the image that was registered, whatever its tag means by now."""
    reference = parse_image_reference(served.image)
    with boot.record.step("inspect_image") as step:
        found = inspect_image(boot.world.engine, reference, served.image_digest)
        if found is None:
            raise Refused(
                "repair_image_missing",
                f"wanted to restart {served.image_digest}, the engine does not have it any more",
                hint="is something pruning images? `ladybug-agent bootstrap` pulls it again",
            )
        step.note(digest=found.digest)
    return replace(found, configured=served.image)
