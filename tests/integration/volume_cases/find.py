"""Which disk is the data volume: its own word and EC2's must agree."""

from __future__ import annotations

from pathlib import Path

from integration.volume_cases import told
from integration.volume_cases.case import Arrange, Case
from integration.volume_cases.disks import (
    add_loop,
    as_loop,
    as_nvme,
    attach_data,
    nvme,
    show_disk,
    show_machine,
    show_nvme,
    show_only_own,
)
from integration.volume_cases.scene import Scene, a_volume_id
from ladybug_lab.volumes.image import attach, detach
from ladybug_lab.volumes.nvme_identity import IDENTIFY_BYTES, ebs_identify_page

UNUSED_NAME = "/dev/xvdzz"


def _other(scene: Scene, device_name: str, volume_id: str = "") -> str:
    """Attach a second EBS disk, with another filesystem; return its node."""
    page = ebs_identify_page(volume_id or a_volume_id(), device_name)
    return show_nvme(scene, add_loop(scene, scene.originals.ext4), page)


def _after_another(scene: Scene) -> None:
    """The kernel probed the other disk first."""
    _other(scene, "xvdg")
    as_nvme(scene)
    show_machine(scene)


def _before_another(scene: Scene) -> None:
    as_nvme(scene)
    _other(scene, "xvdg")
    show_machine(scene)


def _beside_its_double(scene: Scene) -> None:
    as_nvme(scene)
    _other(scene, "/dev/sdf")


def _beside_its_serial(scene: Scene) -> None:
    add_loop(scene, scene.originals.ext4, volume_id=scene.volume.volume_id)
    as_loop(scene)


def _only_another(scene: Scene) -> None:
    """No disk of that name is there, but one and only one other volume."""
    scene.node = _other(scene, "xvdg")


def _linked_from_elsewhere(scene: Scene) -> None:
    """`/dev/xvdzz` and the by-id link lead to another disk, as they do after a detachment."""
    nvme(device_name=UNUSED_NAME)(scene)
    other = _other(scene, "xvdg")
    by_id = Path("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_")
    serial = scene.volume.volume_id.replace("-", "")
    for link in (Path(UNUSED_NAME), by_id.with_name(by_id.name + serial)):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(other)
        scene.cleanup.callback(link.unlink)


def _cannot_be_asked(page: bytes | None) -> Arrange:
    """The controller gives no answer, or a useless one; udev knows the serial."""

    def arrange(scene: Scene) -> None:
        as_loop(scene)
        scene.node = show_nvme(scene, scene.loop, page)

    return arrange


def _xen(scene: Scene) -> None:
    """The disk's node has EC2's name, and nobody on the instance knows the volume's id."""
    shown = show_disk(scene, attach_data(scene), Path(UNUSED_NAME))
    bus = scene.directory / "sys" / "bus" / "xen"
    bus.mkdir(parents=True)
    (shown / "device").mkdir()
    (shown / "device" / "subsystem").symlink_to(bus)
    scene.node = UNUSED_NAME


def _with_loop_over_it(scene: Scene) -> None:
    over = attach(scene.loop.node)
    scene.cleanup.callback(detach, over)


AT_UNUSED_NAME = {"device_name": UNUSED_NAME}
CASES = (
    Case(name="names itself and EC2 agrees", attach=as_nvme, says=("'volume_check': 'verified'",)),
    Case(
        name="names itself with a folder, as if attached after the launch",
        attach=nvme(device_name="/dev/xvdf"),
        says=("'volume_check': 'verified'",),
    ),
    Case(
        name="calls itself sdf where xvdf is wanted",
        attach=nvme(device_name="sdf"),
        ec2=told.attached(device_name="xvdf"),
        says=("{volume_id}",),
    ),
    Case(name="is known to udev only and EC2 tells the name", says=("{volume_id}", "{node}")),
    Case(
        name="has a controller that may not be asked",
        attach=_cannot_be_asked(None),
        says=("{node}",),
    ),
    Case(
        name="has a controller that answers nothing but zeros",
        attach=_cannot_be_asked(bytes(IDENTIFY_BYTES)),
        fake_clock=True,
        code="device_not_visible",
        says=("{serial}", "{node}"),
    ),
    Case(
        name="has a controller that answers too little",
        attach=_cannot_be_asked(b"short"),
        says=("{node}",),
    ),
    Case(
        name="is a disk of Xen, named by its node",
        attach=_xen,
        ec2=told.attached(device_name="/dev/sdzz"),
        data=AT_UNUSED_NAME,
        says=("{volume_id}", UNUSED_NAME),
    ),
    Case(name="comes after another disk", attach=_after_another, says=("{node}", "{volume_id}")),
    Case(
        name="comes before another disk, names swapped",
        attach=_before_another,
        says=("{node}", "{volume_id}"),
    ),
    Case(
        name="has stale links that lead to another disk",
        attach=_linked_from_elsewhere,
        ec2=told.attached(device_name=UNUSED_NAME),
        data=AT_UNUSED_NAME,
        says=("{node}", "{volume_id}"),
    ),
    Case(
        name="is there while metadata cannot tell the mapping",
        attach=as_nvme,
        arrange=told.mapping(raises=told.THROTTLED),
        says=("'volume_check': 'verified'",),
    ),
    Case(
        # No holder to the kernel, and no harm: the seal keeps what is above from writing, too.
        name="has an idle loop device over it",
        arrange=_with_loop_over_it,
        says=("{node}",),
    ),
    Case(
        name="names itself while EC2 denies",
        attach=as_nvme,
        ec2=told.fails(told.DENIED),
        says=("'volume_check': 'unverified: aws_access_denied'",),
    ),
    Case(
        name="is nameless while EC2 denies",
        ec2=told.fails(told.DENIED),
        code="aws_access_denied",
        says=("ec2:DescribeVolumes",),
    ),
    Case(
        name="is nameless while EC2 is throttled",
        arrange=show_only_own,
        ec2=told.fails(told.THROTTLED),
        fake_clock=True,
        code="volume_unidentified",
        says=("/dev/xvdf", "{node}", "{serial}", "ebs1=xvdf"),
        passes_s=(300.0, 303.0),
    ),
    Case(
        name="has the serial of another volume than EC2's",
        attach=as_nvme,
        ec2=told.another(),
        code="volume_contradiction",
        says=("{node}", "{serial}", "/dev/xvdf", "EC2 says vol-"),
    ),
    Case(
        name="is attached under another name by EC2's word",
        attach=as_nvme,
        ec2=told.attached(device_name="/dev/xvdg"),
        code="volume_contradiction",
        says=("{volume_id} at /dev/xvdg",),
    ),
    Case(
        name="shares its place with another by EC2's word",
        attach=as_nvme,
        ec2=told.attached_twice(),
        code="volume_ambiguous",
        says=("/dev/xvdf", "{volume_id}", "vol-0123456789abcdef0"),
    ),
    Case(
        name="is nameless and one of two at its place",
        ec2=told.attached_twice(),
        code="volume_ambiguous",
        says=("{volume_id}", "vol-0123456789abcdef0"),
    ),
    Case(
        name="is one of two disks of that name",
        attach=_beside_its_double,
        code="device_ambiguous",
        says=("{node}", "device name", "xvdf", "/dev/sdf"),
    ),
    Case(
        name="is one of two disks with that serial",
        attach=_beside_its_serial,
        code="device_ambiguous",
        says=("{node}", "serial number", "{serial}"),
    ),
    Case(
        name="is missing and there is just one other disk",
        attach=_only_another,
        ec2=told.no_volume,
        fake_clock=True,
        code="volume_not_mapped",
        says=("/dev/xvdf", "i-0123456789abcdef0", "ebs1=xvdf", "BlockDeviceMappings"),
        passes_s=(300.0, 303.0),
    ),
)
