"""The opt-in end of a checkpoint that the snapshot cut in two: by the image's own engine, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import ONE_SHOT_LABEL
from ladybug_agent.ports.containers import ContainerEngine
from ladybug_agent.ports.storage import KernelLog, Mounts
from ladybug_agent.resources.engine.checkpoint import run_checkpoint
from ladybug_agent.resources.engine.run import EngineRules
from ladybug_agent.resources.mount import DataMount, mount_options
from ladybug_agent.resources.mount_failure import mount_errors
from ladybug_agent.resources.snapshot import PendingRecovery
from ladybug_agent.resources.volume import refuse_write

log = structlog.get_logger(__name__)

UNMOUNT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where and how a database is written to: out of everybody's sight, by a nameless container."""

    mounts: Mounts
    kernel_log: KernelLog
    engine: ContainerEngine
    rules: DataConfig
    directory: Path
    image_id: str
    engine_rules: EngineRules


def ensure_no_workshop(
    mounts: Mounts, engine: ContainerEngine, container: str, directory: Path, deadline: Deadline
) -> None:
    """End what a run that was killed in the middle of a recovery left: container and mount.

    The container first: it goes on writing, and holds the filesystem, after the mount is gone.
    """
    while mounts.at(directory) is not None:
        log.warning("recovery_was_interrupted", mount_point=str(directory))
        left = engine.container(container)
        if left is not None and ONE_SHOT_LABEL in left.labels:
            engine.remove(left.container_id)
        mounts.unmount(directory, deadline)


def recover(pending: PendingRecovery, workshop: Workshop, deadline: Deadline) -> None:
    """Let the engine finish each checkpoint, and leave the volume unmounted and sealed.

    The one place, beside the journal's replay, where the volume is written to, and only ever by
    the engine: a private copy, unmounted from where it is served. Raises Refused if the engine
    cannot do it.
    """
    refuse_write(pending.mount.device.volume)
    log.info("checkpoint_recovered_once", databases=[d.name for d in pending.databases])
    with _writable(pending.mount, workshop, deadline) as directory:
        for database in pending.databases:
            run_checkpoint(
                workshop.engine,
                workshop.image_id,
                directory,
                database.name,
                workshop.engine_rules,
                deadline,
            )


@contextmanager
def _writable(mount: DataMount, workshop: Workshop, deadline: Deadline) -> Iterator[Path]:
    device, mounts, node = mount.device, workshop.mounts, mount.device.pinned.disk.node
    mounts.unmount(mount.path, deadline)
    try:
        workshop.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ExternalFailure(
            "mount_point_not_made",
            f"cannot make the directory {workshop.directory} to mount at",
            hint="is the disk of `instance.state_dir` full or read-only? `df`, `findmnt`",
        ) from error
    options = mount_options(device.filesystem, writable=True)
    with device.pinned.opened_for_writing():
        try:
            with mount_errors(workshop.kernel_log, node, device.where, str(workshop.directory)):
                mounts.mount(node, workshop.directory, device.filesystem, options, deadline)
            yield workshop.directory / workshop.rules.databases_dir
        finally:
            # Even when there is no time left, or a mount was given up late: never left writable.
            if mounts.at(workshop.directory) is not None:
                mounts.unmount(workshop.directory, Deadline.after(UNMOUNT_S, deadline.clock))
