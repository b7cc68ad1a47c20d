"""What the image's own engine does with the data before it is served: recovery and open check."""

from __future__ import annotations

from ladybug_agent.boot import Boot
from ladybug_agent.boot_hydration import BootHydration
from ladybug_agent.data_branch import check_container, mount_data, verify_data, workshop_directory
from ladybug_agent.errors import Refused
from ladybug_agent.resources.container import inspect_container
from ladybug_agent.resources.container_spec import container_spec, judge_memory_limit
from ladybug_agent.resources.engine.open_check import ExpectedDatabases, OpenedDatabases, check_open
from ladybug_agent.resources.engine.run import EngineRules
from ladybug_agent.resources.image import STORAGE_VERSIONS_LABEL, PulledImage
from ladybug_agent.resources.recovery import Workshop, recover
from ladybug_agent.resources.servable import ServableSnapshot, ServedData, judge_versions
from ladybug_agent.resources.snapshot import PendingRecovery, VerifiedSnapshot


def recover_data(
    boot: Boot,
    found: ServedData | PendingRecovery,
    image: PulledImage,
    hydration: BootHydration,
) -> ServedData:
    """Return the data, after its cut checkpoints have been finished where that is asked for."""
    if not isinstance(found, PendingRecovery):
        return found
    hydration.stop()  # the volume is unmounted for it
    with boot.record.step("recover_databases") as step:
        step.note(databases=[database.name for database in found.databases])
        # An engine of another version must not be let near a database that it may write to.
        check = judge_versions(found.databases, image, boot.config.container.storage_versions)
        if check == "skipped":
            raise Refused(
                "snapshot_recovery_unsafe",
                "wanted to let the image's engine finish a checkpoint, but nobody says which"
                " storage versions it reads",
                hint=f"label the image with {STORAGE_VERSIONS_LABEL}, or set"
                " `container.storage_versions`",
            )
        limit = boot.deadline.capped(boot.config.data.open_check_timeout_s)
        recover(found, _workshop(boot, image), limit)
    mount = mount_data(boot, found.mount.device)
    hydration.begin(mount)
    recovered = verify_data(boot, mount)
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


def _workshop(boot: Boot, image: PulledImage) -> Workshop:
    return Workshop(
        mounts=boot.world.mounts,
        kernel_log=boot.world.kernel_log,
        engine=boot.world.engine,
        rules=boot.config.data,
        directory=workshop_directory(boot),
        image_id=image.image_id,
        engine_rules=_engine_rules(boot),
    )


def _engine_rules(boot: Boot) -> EngineRules:
    rules = boot.config.container
    memory = judge_memory_limit(boot.world.machine.memory_total_bytes())
    return EngineRules(
        container=check_container(boot),
        python=rules.python,
        uid=rules.uid,
        memory_bytes=rules.memory_bytes or memory,
    )
