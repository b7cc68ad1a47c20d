"""The data volume: the EBS volume that the launch template asked for, as EC2 attached it."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config import DataConfig
from ladybug_agent.errors import NotYet, Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.storage_model import AttachedVolume
from ladybug_agent.storage_ports import Ec2
from ladybug_agent.waiting import Pace, wait_until

# Fifty replicas asking once a second would empty EC2's token bucket for Describe calls (20/s).
PACE = Pace(2.0, 15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Evidence: EC2 has attached this volume to this instance under the configured device name."""

    instance: InstanceIdentity
    attached: AttachedVolume

    @property
    def volume_id(self) -> str:
        return self.attached.volume_id

    @property
    def serial(self) -> str:
        """The serial number of the NVMe device: the volume id without its dash."""
        return self.attached.volume_id.replace("-", "")


def await_volume(
    ec2: Ec2, instance: InstanceIdentity, rules: DataConfig, deadline: Deadline
) -> Volume:
    """Block until EC2 says that the volume is attached. One call if it already is.

    An empty answer right after launch is not "absent": EC2 is eventually consistent.
    """

    def look() -> Volume:
        if found := inspect_volume(ec2, instance, rules):
            return found
        raise NotYet(
            "volume_not_mapped",
            f"EC2 has no volume at {rules.device_name} of {instance.instance_id}",
            hint="does the launch template's BlockDeviceMappings have that DeviceName, with the"
            " SnapshotId? does `data.device_name` say the same?",
        )

    what = f"EC2 to attach a volume as {rules.device_name}"
    return wait_until(look, what, deadline=deadline, pace=PACE)


def inspect_volume(ec2: Ec2, instance: InstanceIdentity, rules: DataConfig) -> Volume | None:
    """Return the volume, or None if EC2 knows of none. Refuses two, and an unencrypted one."""
    wanted = bare_device_name(rules.device_name)
    volumes = ec2.attached_volumes(instance.instance_id)
    ours = [volume for volume in volumes if bare_device_name(volume.device_name) == wanted]
    if not ours:
        return None
    if len(ours) > 1:
        raise Refused(
            "volume_ambiguous",
            f"wanted one volume at {rules.device_name}, EC2 lists"
            f" {', '.join(volume.volume_id for volume in ours)}",
            hint="detach the one that does not belong there, or replace the instance",
        )
    _refuse_unless_usable(ours[0], rules)
    return Volume(instance=instance, attached=ours[0])


def _refuse_unless_usable(volume: AttachedVolume, rules: DataConfig) -> None:
    if volume.attachment_state != "attached":
        raise NotYet(
            "volume_not_attached",
            f"{volume.volume_id} is {volume.attachment_state}",
            hint="normally 1 to 4 s; if it stays so, replace the instance",
        )
    if rules.require_encryption and not volume.encrypted:
        raise Refused(
            "volume_not_encrypted",
            f"{volume.volume_id} (from {volume.snapshot_id or 'no snapshot'}) is not encrypted",
            hint="copy the snapshot with encryption, or set `data.require_encryption = false`",
        )


def bare_device_name(name: str) -> str:
    """Return the name as EC2, a launch template and Xen all mean it.

    EC2 gives names with or without `/dev/`, and what it calls `sdf` a guest may call `xvdf`.

    >>> bare_device_name("/dev/sdf"), bare_device_name("xvdf")
    ('f', 'f')
    """
    return name.removeprefix("/dev/").removeprefix("xvd").removeprefix("sd")
