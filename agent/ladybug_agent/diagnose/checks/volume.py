"""EC2's side of the checks `volume`: is the data volume attached, and is it well."""

from __future__ import annotations

from ladybug_agent.diagnose.aws_sights import attached_volumes, volume_health
from ladybug_agent.diagnose.check import Check, Found, Remedy
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.sights import identity, served
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.model.standing import VolumeHealth
from ladybug_agent.model.storage import AttachedVolume, BlockDevice
from ladybug_agent.resources.attachment import Told, bare_device_name, inspect_mapping
from ladybug_agent.resources.candidates import Sight
from ladybug_agent.resources.cross_check import judge_attached, refuse_unless_usable

CALLS = ("iam.credentials",)
ASKED = ("network.resolve", "network.endpoints", "iam.identity", "iam.permissions")
"""What keeps a call to AWS from its answer."""
UNSEEN = BlockDevice(node="", device_number="", size_bytes=0, serial=None, disk_sequence=None)
"""In the place of the kernel's disk, which is `volume.device`'s to look at."""
NO_DATA = Found(message="this replica has no data, by request (`data.mode`)", is_asked=False)


def data_volume_id(scene: Scene) -> str:
    """Return which volume is the data volume: by what the boot left, or else by EC2."""
    known = served(scene)
    if known and known.volume:
        return known.volume.volume_id
    return _attached(scene).volume_id


def look_at_attachment(scene: Scene) -> Found:
    """Hold EC2's word on the attachment against the configuration and what was booted."""
    if scene.config.data.mode == "empty":
        return NO_DATA
    known = served(scene)
    try:
        attached_volumes(scene)
    except AgentError as error:
        if known is None:  # a boot may wait for just this
            raise
        return _not_told(error, "ec2:DescribeVolumes")
    volume = _attached(scene)
    refuse_unless_usable(volume, UNSEEN, scene.config.data)
    if known and known.volume and known.volume.volume_id != volume.volume_id:
        raise Refused(
            "volume_replaced",
            f"the boot served {known.volume.volume_id}, EC2 has {volume.volume_id} at"
            f" {volume.device_name} now",
            hint="somebody changed the volumes of a running instance: replace the instance",
            volume_id=volume.volume_id,
        )
    return Found(
        message=f"{volume.volume_id} from {volume.snapshot_id} is {volume.attachment_state} at"
        f" {volume.device_name}",
        evidence={
            "volume_id": volume.volume_id,
            "snapshot_id": volume.snapshot_id,
            "state": volume.attachment_state,
            "size_gib": volume.size_gib,
        },
    )


def look_at_status(scene: Scene) -> Found:
    """Ask EC2 whether the volume is impaired; what it says is up to 5 minutes old."""
    if scene.config.data.mode == "empty":
        return NO_DATA
    try:
        volume_id = data_volume_id(scene)
        found = volume_health(scene, volume_id)
    except AgentError as error:
        return _not_told(error, "ec2:DescribeVolumeStatus")
    if found is None or found.status == "insufficient-data":
        return Found(message=f"EC2 has no word on {volume_id} yet")
    return judge_health(volume_id, found)


def judge_health(volume_id: str, found: VolumeHealth) -> Found:
    """Judge what EC2 says of a volume. Raises ExternalFailure for one that is impaired."""
    evidence = {"status": found.status, "details": found.details, "events": found.events}
    said = "; ".join((*found.details, *found.events)) or "nothing more"
    if found.status == "impaired":
        raise ExternalFailure(
            "volume_impaired",
            f"EC2 says that {volume_id} is impaired: {said}",
            hint="nothing on the instance can mend it: replace the instance",
            volume_id=volume_id,
            **evidence,
        )
    if found.status != "ok" or found.events:
        return Found(
            message=f"EC2 says that {volume_id} is {found.status}: {said}",
            code="volume_degraded",
            evidence=evidence,
        )
    return Found(message=f"EC2 says that {volume_id} is ok", evidence=evidence)


def _attached(scene: Scene) -> AttachedVolume:
    """Judge as the boot does, without the disks. Raises what it would raise."""
    told = Told(volumes=attached_volumes(scene), final=True)
    sight = Sight(
        instance=identity(scene),
        disks=(),
        mounts=(),
        mapping=inspect_mapping(scene.world.metadata),
    )
    wanted = bare_device_name(scene.config.data.device_name)
    known = served(scene)
    if known and known.volume and not _has(told.volumes, wanted):
        raise _gone(known.volume.volume_id, told.volumes, scene)
    return judge_attached(sight, told, scene.config.data)


def _has(volumes: tuple[AttachedVolume, ...], wanted: str) -> bool:
    return any(bare_device_name(volume.device_name) == wanted for volume in volumes)


def _gone(volume_id: str, told: tuple[AttachedVolume, ...], scene: Scene) -> Refused:
    there = ", ".join(f"{v.volume_id} at {v.device_name}" for v in told) or "nothing"
    return Refused(
        "volume_detached",
        f"wanted {volume_id} at {scene.config.data.device_name}, where it was at boot; EC2 has"
        f" attached {there}",
        hint="somebody detached it: replace the instance",
        volume_id=volume_id,
    )


def _not_told(error: AgentError, action: str) -> Found:
    """EC2's word is a second opinion: without it the disk's own counts, as at boot."""
    denied = error.code == "aws_access_denied"
    text = f"allow {action} in the role's policy" if denied else error.hint
    return Found(
        message=f"EC2 could not be asked: {error}",
        code=error.code,
        remedy=Remedy(text=text, iam=(action,) if denied else ()),
    )


CHECKS: tuple[Check, ...] = (
    Check(
        id="volume.attachment",
        asks="does EC2 have the data volume attached where it should be?",
        look=look_at_attachment,
        needs=("metadata.identity", *CALLS),
        follows=("agent.config", *ASKED),
        is_quick=False,
    ),
    Check(
        id="volume.status",
        asks="does EC2 say that the volume is well?",
        look=look_at_status,
        needs=CALLS,
        follows=("agent.config", "metadata.identity", *ASKED, "volume.attachment"),
        is_quick=False,
    ),
)
