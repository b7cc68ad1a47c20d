"""The data volume: which disk it is, by its own word and by EC2's, which must agree."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.model.storage import AttachedVolume, BlockDevice
from ladybug_agent.ports import World
from ladybug_agent.resources.attachment import (
    Inquiry,
    Known,
    Told,
    bare_device_name,
    inspect_mapping,
)
from ladybug_agent.resources.candidates import (
    Sight,
    disk_of_volume,
    half_known_disks,
    is_made_at_launch,
    refuse_in_use,
    refuse_other_use,
    self_named_disk,
    volume_id_of,
)
from ladybug_agent.resources.cross_check import (
    judge_agreement,
    judge_attached,
    refuse_another_name,
    refuse_unless_usable,
    snapshot_unknown,
)
from ladybug_agent.waiting import STEADY, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Evidence: exactly this disk is attached to this instance as `data.device_name`.

    Both sides said so: the disk itself (or its serial number) and EC2. If EC2 could not be asked,
    the disk's own word counts, `attached` is None, and `unverified` is the code of the reason.
    """

    instance: InstanceIdentity
    disk: BlockDevice
    volume_id: str
    attached: AttachedVolume | None
    unverified: str = ""
    made_at_launch: bool = False
    """Metadata has the device name among those that the launch template made volumes for."""

    @property
    def snapshot_id(self) -> str:
        """The snapshot that EC2 says the volume was made from; empty if it could not be asked."""
        return self.attached.snapshot_id if self.attached else ""


def await_volume(
    world: World, instance: InstanceIdentity, rules: DataConfig, deadline: Deadline
) -> Volume:
    """Block until the disk at `data.device_name` is there, and EC2 has been heard on it.

    One call to EC2 if the volume is already attached. A disk that names itself waits at most 20 s
    for EC2's word; not at all if EC2 is throttled, metadata agrees, and no snapshot is asked for.
    Wakes on events of udev and the kernel, and looks again at least every 2 s
    because an event can be lost at boot; udevd is not needed. Raises Refused for a contradiction,
    for two candidates, and for a disk that serves something else.
    """
    inquiry = Inquiry(world.ec2, instance.instance_id, deadline)
    mapping = inspect_mapping(world.metadata)
    with world.block_devices.watch() as watch:  # before the first look: events are not kept

        def look() -> Volume:
            sight = Sight(
                instance=instance,
                disks=world.block_devices.disks(),
                mounts=world.mounts.entries(),
                mapping=mapping,
            )
            return judge_volume(sight, inquiry.ask(known_of_disk(sight, rules)), rules)

        what = f"the data volume at {rules.device_name}"
        pause = lambda seconds: watch.wait(min(seconds, 1.0))  # noqa: E731 - to see a cancellation
        return wait_until(look, what, deadline=deadline, pace=STEADY, sleep=pause)


def known_of_disk(sight: Sight, rules: DataConfig) -> Known:
    """Return what is known of the data volume's disk without EC2."""
    wanted = bare_device_name(rules.device_name)
    disk = self_named_disk(sight, wanted)
    if disk is None:
        return "half" if half_known_disks(sight, wanted) else "nothing"
    needs_ec2 = disk.serial is None or rules.snapshot_id
    return "mapped" if is_made_at_launch(sight, wanted) and not needs_ec2 else "named"


def judge_volume(sight: Sight, told: Told, rules: DataConfig) -> Volume:
    """Decide which disk is the data volume from what is seen and what EC2 told.

    Raises NotYet while either side may still change its mind, Refused when neither will.
    """
    wanted = bare_device_name(rules.device_name)
    refuse_other_use(sight, wanted, rules)
    disk = self_named_disk(sight, wanted)
    if disk is not None and disk.serial is not None:
        attached = judge_agreement(disk, told, rules)
    else:
        # The disk does not know its name (udev, sysfs), or no volume id (Xen): only EC2 does.
        attached = judge_attached(sight, told, rules)
        disk = disk or disk_of_volume(sight, attached)
        refuse_another_name(disk, attached, wanted)
    refuse_in_use(disk, sight, rules)
    if attached is not None:
        refuse_unless_usable(attached, disk, rules)
    elif rules.snapshot_id:
        raise snapshot_unknown(told, rules)
    if not disk.size_bytes:
        raise NotYet(
            "device_has_no_size",
            f"{disk.node} ({disk.serial}) is there, but has no size yet",
            hint="look for `nvme` in `dmesg`; if it stays so, replace the instance",
        )
    return Volume(
        instance=sight.instance,
        disk=disk,
        volume_id=attached.volume_id if attached else volume_id_of(disk),
        attached=attached,
        unverified=_reason_unverified(attached, told),
        made_at_launch=is_made_at_launch(sight, wanted),
    )


def refuse_write(volume: Volume) -> None:
    """Refuse to write to a volume that nobody says is a private copy of a snapshot.

    EC2 says so by the snapshot it was made from; instance metadata by the launch template.
    """
    if volume.attached is None and not volume.made_at_launch:
        raise Refused(
            "volume_write_unverified",
            f"{volume.volume_id} has an unfinished journal or checkpoint, and neither EC2 nor"
            " instance metadata says that it is a private copy, which may be written to",
            hint="allow ec2:DescribeVolumes in the role's policy, and run the boot again",
        )


def _reason_unverified(attached: AttachedVolume | None, told: Told) -> str:
    if attached is not None:
        return ""
    return told.silence.code if told.silence else "ec2_lists_no_volume"
