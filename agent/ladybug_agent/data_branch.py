"""The data branch of the boot: from the attached volume to contents that may be served."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import structlog

from ladybug_agent.boot import Boot
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.resources.container import inspect_container
from ladybug_agent.resources.container_spec import container_spec, judge_memory_limit
from ladybug_agent.resources.device import DataDevice, await_device
from ladybug_agent.resources.empty import ensure_empty_directory
from ladybug_agent.resources.engine_run import EngineRules
from ladybug_agent.resources.image import PulledImage
from ladybug_agent.resources.mount import DataMount, ensure_mounted
from ladybug_agent.resources.open_check import ExpectedDatabases, OpenedDatabases, check_open
from ladybug_agent.resources.recovery import Workshop, ensure_no_workshop, recover
from ladybug_agent.resources.servable import ServableSnapshot, ServedData
from ladybug_agent.resources.snapshot import (
    ContentRules,
    PendingRecovery,
    VerifiedSnapshot,
    verify_snapshot,
)
from ladybug_agent.resources.volume import Volume, await_volume

log = structlog.get_logger(__name__)


def prepare_data(
    boot: Boot, instance: InstanceIdentity, held: ExitStack
) -> ServedData | PendingRecovery:
    """Find, pin, mount and verify the data volume; `held` keeps it pinned as long as it is open.

    In mode `empty` no volume is looked for.
    """
    if boot.config.data.mode == "empty":
        with boot.record.step("prepare_empty"):
            return ensure_empty_directory(instance, _state(boot) / "empty")
    attach = boot.deadline.capped(boot.config.data.attach_timeout_s)
    ensure_no_workshop(boot.world.mounts, _workshop_directory(boot), attach)
    volume = _find(boot, instance, attach)
    device = _await_device(boot, volume, held, attach)
    return _verify(boot, _mount(boot, device))


def recover_data(boot: Boot, found: ServedData | PendingRecovery, image: PulledImage) -> ServedData:
    """Return the data, after its cut checkpoints have been finished where that is asked for."""
    if not isinstance(found, PendingRecovery):
        return found
    with boot.record.step("recover_databases") as step:
        step.note(databases=[database.name for database in found.databases])
        workshop = Workshop(
            mounts=boot.world.mounts,
            kernel_log=boot.world.kernel_log,
            engine=boot.world.engine,
            rules=boot.config.data,
            directory=_workshop_directory(boot),
            image_id=image.image_id,
            engine_rules=_engine_rules(boot),
        )
        limit = boot.deadline.capped(boot.config.data.open_check_timeout_s)
        recover(found, workshop, limit)
    recovered = _verify(boot, _mount(boot, found.mount.device))
    if isinstance(recovered, PendingRecovery):
        raise Refused(
            "snapshot_recovery_failed",
            f"the engine finished its checkpoint of {recovered.databases[0].name}, and beside it is"
            f" still {' and '.join(recovered.databases[0].pending)}",
            hint="deploy another snapshot, taken while nothing writes",
        )
    return recovered


def check_served(boot: Boot, servable: ServableSnapshot) -> OpenedDatabases | None:
    """Open the databases with the image's own engine, unless that container serves them already.

    None if there is nothing to open, or nobody asks for it.
    """
    data, config = servable.data, boot.config
    spec = container_spec(servable, config, boot.world.machine.memory_total_bytes())
    if not isinstance(data, VerifiedSnapshot) or not config.data.open_check:
        return None
    if inspect_container(boot.world.engine, servable, spec) is not None:
        return None
    expected = ExpectedDatabases(
        names=tuple(database.name for database in data.databases),
        counts={c.name: c.tables for c in data.contracts if c.tables is not None},
    )
    return check_open(
        boot.world.engine,
        servable.image.image_id,
        data.directory,
        expected,
        _engine_rules(boot),
        boot.deadline.capped(config.data.open_check_timeout_s),
    )


def device_number(data: ServedData) -> str | None:
    """Return the number of the disk that is read from; None without one."""
    return (
        data.mount.device.volume.disk.device_number if isinstance(data, VerifiedSnapshot) else None
    )


def _find(boot: Boot, instance: InstanceIdentity, deadline: Deadline) -> Volume:
    with boot.record.step("find_volume") as step:
        volume = await_volume(boot.world, instance, boot.config.data, deadline)
        step.note(
            volume_id=volume.volume_id,
            snapshot_id=volume.snapshot_id,
            device=volume.disk.node,
            volume_check=f"unverified: {volume.unverified}" if volume.unverified else "verified",
        )
    if volume.unverified:
        log.warning("volume_unverified", volume_id=volume.volume_id, reason=volume.unverified)
    return volume


def _await_device(boot: Boot, volume: Volume, held: ExitStack, deadline: Deadline) -> DataDevice:
    world, rules = boot.world, boot.config.data
    with boot.record.step("await_device") as step:
        pinned = held.enter_context(world.block_devices.pin(volume.disk))
        device = await_device(pinned, volume, world.kernel_log, rules, deadline)
        step.note(device=volume.disk.node, filesystem=device.filesystem)
    return device


def _mount(boot: Boot, device: DataDevice) -> DataMount:
    with boot.record.step("mount") as step:
        limit = boot.deadline.capped(boot.config.data.mount_timeout_s)
        mount = ensure_mounted(boot.world, device, boot.config.data, limit)
        step.note(mount_point=str(mount.path), journal_replayed=mount.journal_replayed)
    return mount


def _verify(boot: Boot, mount: DataMount) -> VerifiedSnapshot | PendingRecovery:
    rules = ContentRules(data=boot.config.data, uid=boot.config.container.uid)
    now = boot.deadline.clock.utcnow()
    with boot.record.step("verify_snapshot") as step:
        found = verify_snapshot(boot.world.ec2, mount, rules, now, boot.deadline)
        step.note(databases=[d.name for d in found.databases])
        if isinstance(found, VerifiedSnapshot):
            step.note(
                size_bytes=found.size_bytes,
                storage_versions=[d.header.storage_version for d in found.databases],
                manifest=rules.data.verify_depth if found.contents.manifest else "none",
            )
            if warnings := [text for d in found.databases for text in d.warnings]:
                step.note(warnings=warnings)
            if found.degraded_reasons:
                step.note(degraded_reasons=list(found.degraded_reasons))
    return found


def _engine_rules(boot: Boot) -> EngineRules:
    rules = boot.config.container
    memory = judge_memory_limit(boot.world.machine.memory_total_bytes())
    return EngineRules(
        container=f"{rules.name}-check",
        python=rules.python,
        uid=rules.uid,
        memory_bytes=rules.memory_bytes or memory,
    )


def _state(boot: Boot) -> Path:
    return Path(boot.config.instance.state_dir)


def _workshop_directory(boot: Boot) -> Path:
    return _state(boot) / "recovery"
