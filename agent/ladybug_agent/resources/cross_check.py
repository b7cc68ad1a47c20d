"""What EC2 says of the data volume, held against what the disk says."""

from __future__ import annotations

from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import AgentError, NotYet, Refused
from ladybug_agent.model.storage import AttachedVolume, BlockDevice
from ladybug_agent.resources.attachment import Told, bare_device_name, is_passing, not_attached
from ladybug_agent.resources.candidates import (
    Sight,
    describe_disk,
    half_known_disks,
    volume_id_of,
)

GIB = 1024**3
LEAVING = frozenset({"detaching", "detached"})


def judge_agreement(disk: BlockDevice, told: Told, rules: DataConfig) -> AttachedVolume | None:
    """Return EC2's word on a disk that names itself; None if EC2 cannot give it.

    Raises Refused for a contradiction, NotYet while EC2 may still be catching up.
    """
    volume_id = volume_id_of(disk)
    present = [volume for volume in told.volumes if volume.attachment_state not in LEAVING]
    there = _at(present, rules)
    _refuse_two(there, rules)
    same = [volume for volume in told.volumes if volume.volume_id == volume_id]
    if same and same[0].attachment_state in LEAVING:
        raise not_attached(same[0])
    if same and same[0] in there:
        return same[0]
    if same or there:
        said = [f"{v.volume_id} at {v.device_name} ({v.attachment_state})" for v in same or there]
        raise Refused(
            "volume_contradiction",
            f"{describe_disk(disk)} says it is attached as {rules.device_name}, EC2 says"
            f" {' and '.join(said)}",
            hint="neither can be trusted until they agree: look with `aws ec2 describe-volumes`,"
            " then replace the instance",
        )
    if not told.final:
        raise _not_heard(told, disk)
    return None


def judge_attached(sight: Sight, told: Told, rules: DataConfig) -> AttachedVolume:
    """Return the volume that EC2 has attached under the name. Raises NotYet while there is none.

    An empty answer right after launch is not "absent": EC2 is eventually consistent.
    """
    there = _at(told.volumes, rules)
    present = [volume for volume in there if volume.attachment_state not in LEAVING]
    _refuse_two(present, rules)
    if present:
        return present[0]
    if there:
        raise not_attached(there[0])
    if told.silence is not None:
        raise _cannot_tell(sight, told.silence, rules)
    raise NotYet(
        "volume_not_mapped",
        f"neither a disk nor EC2 has a volume at {rules.device_name} of"
        f" {sight.instance.instance_id}; {_mapped(sight)}",
        hint="does the launch template's BlockDeviceMappings have that DeviceName, with the"
        " SnapshotId? does `data.device_name` say the same?",
    )


def refuse_another_name(disk: BlockDevice, volume: AttachedVolume, wanted: str) -> None:
    """Refuse a disk that EC2 has under the wanted name, and that says it has another."""
    if disk.device_name and bare_device_name(disk.device_name) != wanted:
        raise Refused(
            "volume_contradiction",
            f"EC2 says {volume.volume_id} is attached as {volume.device_name},"
            f" {describe_disk(disk)} says otherwise",
            hint="neither can be trusted until they agree: look with `aws ec2 describe-volumes`,"
            " then replace the instance",
        )


def refuse_unless_usable(volume: AttachedVolume, disk: BlockDevice, rules: DataConfig) -> None:
    """Check what EC2 says of the volume itself: state, origin, encryption and size."""
    if volume.attachment_state == "attaching" and not disk.size_bytes:
        raise not_attached(volume)
    if volume.attached_elsewhere:
        raise Refused(
            "volume_shared",
            f"{volume.volume_id} is attached to another instance as well",
            hint="a replica has a volume of its own, made from a snapshot: is Multi-Attach on?",
        )
    if not volume.snapshot_id:
        raise Refused(
            "volume_not_from_snapshot",
            f"wanted a volume restored from a snapshot, {volume.volume_id} was made from none",
            hint="was the SnapshotId dropped from the launch template's block device mapping? a"
            ' first deployment without data sets `data.mode = "empty"`',
        )
    if rules.snapshot_id not in {"", volume.snapshot_id}:
        raise Refused(
            "volume_wrong_snapshot",
            f"wanted a volume made from {rules.snapshot_id}, {volume.volume_id} was made from"
            f" {volume.snapshot_id}",
            hint="did the instance start from an older version of the launch template? compare it"
            " with `data.snapshot_id`",
        )
    if rules.require_encryption and not volume.encrypted:
        raise Refused(
            "volume_not_encrypted",
            f"{volume.volume_id} (from {volume.snapshot_id}) is not encrypted",
            hint="copy the snapshot with encryption, or set `data.require_encryption = false`",
        )
    if disk.size_bytes and disk.size_bytes != volume.size_gib * GIB:
        raise Refused(
            "device_size_differs",
            f"EC2 says {volume.volume_id} has {volume.size_gib} GiB, which is"
            f" {volume.size_gib * GIB} bytes, {disk.node} has {disk.size_bytes} bytes",
            hint="a truncated or foreign disk; if the volume was just modified, wait until EC2 has"
            " finished, then run the boot again",
        )


def snapshot_unknown(told: Told, rules: DataConfig) -> AgentError:
    """Say that EC2 must be heard, because only it knows the snapshot that is asked for."""
    if told.silence is not None and not is_passing(told.silence):
        return told.silence
    error = NotYet(
        "volume_snapshot_unknown",
        f"wanted a volume made from {rules.snapshot_id}, EC2 has not said what it is made from",
        hint="is EC2 throttled or out of reach? or clear `data.snapshot_id`",
    )
    error.__cause__ = told.silence
    return error


def _at(
    volumes: list[AttachedVolume] | tuple[AttachedVolume, ...], rules: DataConfig
) -> list[AttachedVolume]:
    wanted = bare_device_name(rules.device_name)
    return [volume for volume in volumes if bare_device_name(volume.device_name) == wanted]


def _refuse_two(there: list[AttachedVolume], rules: DataConfig) -> None:
    if len(there) > 1:
        raise Refused(
            "volume_ambiguous",
            f"wanted one volume at {rules.device_name}, EC2 lists"
            f" {' and '.join(volume.volume_id for volume in there)}",
            hint="detach the one that does not belong there, or replace the instance",
        )


def _not_heard(told: Told, disk: BlockDevice) -> NotYet:
    error = NotYet(
        "volume_unverified",
        f"{describe_disk(disk)} is there, but EC2 has not confirmed it",
        hint="the boot goes on without EC2 after 20 s, and says `unverified`",
    )
    error.__cause__ = told.silence
    return error


def _cannot_tell(sight: Sight, silence: AgentError, rules: DataConfig) -> AgentError:
    """Say that nobody names the volume; waiting helps only while there may be a disk that will."""
    wanted = bare_device_name(rules.device_name)
    candidates = half_known_disks(sight, wanted)
    seen = ", ".join(describe_disk(disk) for disk in candidates) or "no EBS volume"
    if candidates and not is_passing(silence):
        return silence
    error = NotYet(
        "volume_unidentified",
        f"no disk says that it is attached as {rules.device_name} and which volume it is, and EC2,"
        f" which would know, cannot be asked; found {seen}; {_mapped(sight)}",
        hint=silence.hint,
    )
    error.__cause__ = silence
    return error


def _mapped(sight: Sight) -> str:
    known = ", ".join(f"{role}={device}" for role, device in sorted(sight.mapping.items()))
    return f"instance metadata maps {known or 'nothing'}"
