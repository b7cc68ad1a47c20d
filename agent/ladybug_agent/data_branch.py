"""The data branch of the boot: from the attached volume to contents that may be served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from ladybug_agent.boot import Boot
from ladybug_agent.branches import run_watched
from ladybug_agent.clock import Deadline, iso_utc
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.resources.device import DataDevice, await_device
from ladybug_agent.resources.empty import ensure_empty_directory
from ladybug_agent.resources.mount import DataMount, ensure_mounted, inspect_mount
from ladybug_agent.resources.recovery import ensure_no_workshop
from ladybug_agent.resources.servable import ServedData
from ladybug_agent.resources.snapshot import (
    ContentRules,
    PendingRecovery,
    VerifiedSnapshot,
    verify_snapshot,
)
from ladybug_agent.resources.volume import Volume, await_volume

log = structlog.get_logger(__name__)


def prepare_data(
    boot: Boot,
    instance: InstanceIdentity,
    held: ExitStack,
    on_mounted: Callable[[DataMount], None],
) -> ServedData | PendingRecovery:
    """Find, pin, mount and verify the data volume; `held` keeps it pinned as long as it is open.

    `on_mounted` is told as soon as the volume can be read. In mode `empty` no volume is looked for.
    """
    if boot.config.data.mode == "empty":
        with boot.record.step("prepare_empty"):
            return ensure_empty_directory(instance, _state(boot) / "empty")
    attach = boot.deadline.capped(boot.config.data.attach_timeout_s)
    ensure_no_workshop(
        boot.world.mounts,
        boot.world.engine,
        check_container(boot),
        workshop_directory(boot),
        attach,
    )
    volume = _find(boot, instance, attach)
    device = _await_device(boot, volume, held, attach)
    mount = mount_data(boot, device)
    on_mounted(mount)
    return verify_data(boot, mount)


def confirm_data(boot: Boot, data: ServedData) -> None:
    """Look once more, before the registration, whether the container got what was verified."""
    if not isinstance(data, VerifiedSnapshot):
        return
    mount = data.mount
    now = inspect_mount(boot.world.mounts, mount.device, mount.path)
    if now is None or now.generation != data.generation:
        raise Refused(
            "mount_replaced",
            f"{mount.path} was unmounted, or mounted anew, after its contents had been verified",
            hint="find out who did: a cron job, a mount unit; then run the boot again",
        )


def device_number(data: ServedData) -> str | None:
    """Return the number of the disk that is read from; None without one."""
    return (
        data.mount.device.volume.disk.device_number if isinstance(data, VerifiedSnapshot) else None
    )


def check_container(boot: Boot) -> str:
    """Return the name of the container that the image's engine is run in beside the service."""
    return f"{boot.config.container.name}-check"


def workshop_directory(boot: Boot) -> Path:
    """Return where a recovery mounts the volume, out of everybody's sight."""
    return _state(boot) / "recovery"


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
    if volume.attached and not volume.attached.delete_on_termination:
        # It costs money after its instance is gone; nothing else depends on it.
        log.warning("volume_outlives_instance", volume_id=volume.volume_id)
    return volume


def _await_device(boot: Boot, volume: Volume, held: ExitStack, deadline: Deadline) -> DataDevice:
    world, rules = boot.world, boot.config.data
    with boot.record.step("await_device") as step:
        pinned = held.enter_context(world.block_devices.pin(volume.disk))
        device = await_device(pinned, volume, world.kernel_log, rules, deadline)
        step.note(device=volume.disk.node, filesystem=device.filesystem)
    return device


def mount_data(boot: Boot, device: DataDevice) -> DataMount:
    """Mount the device, sealed and read-only, as a step of the boot."""
    with boot.record.step("mount") as step:
        limit = boot.deadline.capped(boot.config.data.mount_timeout_s)
        mount = ensure_mounted(boot.world, device, boot.config.data, limit)
        step.note(mount_point=str(mount.path), journal_replayed=mount.journal_replayed)
    return mount


def verify_data(boot: Boot, mount: DataMount) -> VerifiedSnapshot | PendingRecovery:
    """Check the contents, as a step of the boot; given up when they cannot be read in time."""
    rules = ContentRules(data=boot.config.data, uid=boot.config.container.uid)
    now = boot.deadline.clock.utcnow()
    with boot.record.step("verify_snapshot") as step:
        limit = boot.deadline.capped(rules.data.verify_timeout_s)
        with _unread(boot, mount):
            found = run_watched(
                lambda: verify_snapshot(boot.world.ec2, mount, rules, now, limit),
                "the contents to be read",
                limit,
            )
        step.note(databases=[d.name for d in found.databases])
        if isinstance(found, VerifiedSnapshot):
            step.note(
                size_bytes=found.size_bytes,
                storage_versions=[d.header.storage_version for d in found.databases],
                manifest=rules.data.verify_depth if found.contents.manifest else "none",
            )
            if found.lineage.taken_at:
                step.note(taken_at=iso_utc(found.lineage.taken_at), age_by=found.lineage.told_by)
            if warnings := [text for d in found.databases for text in d.warnings]:
                step.note(warnings=warnings)
            if found.degraded_reasons:
                step.note(degraded_reasons=list(found.degraded_reasons))
    return found


@contextmanager
def _unread(boot: Boot, mount: DataMount) -> Iterator[None]:
    """Say of contents that could not be read in time what it most likely means."""
    try:
        yield
    except DeadlineExceeded as error:
        limit_s = boot.config.data.verify_timeout_s
        raise ExternalFailure(
            "device_unresponsive",
            f"the contents of {mount.path} ({mount.device.where}) were not read in {limit_s:g} s",
            hint="is I/O enabled on the volume (`aws ec2 describe-volume-status`)? for a comparison"
            " of every byte raise `data.verify_timeout_s`",
        ) from error


def _state(boot: Boot) -> Path:
    return Path(boot.config.instance.state_dir)
