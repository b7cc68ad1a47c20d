"""Disks that must not be the data volume, and volumes that are of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from integration.volume_cases import told
from integration.volume_cases.case import Case
from integration.volume_cases.disks import add_loop, as_nvme, attach_data, show_nvme
from integration.volume_cases.scene import Scene
from ladybug_lab.shell import run
from ladybug_lab.volumes.nvme_identity import ebs_identify_page, instance_store_identify_page

TIMEOUT_S = 10.0
STORE_SERIAL = "AWS1C2468B3579D135AE"


def _instance_store(scene: Scene) -> None:
    page = instance_store_identify_page(STORE_SERIAL, "ephemeral0:xvdf")
    scene.node = show_nvme(scene, attach_data(scene), page)


def _beside_instance_store(scene: Scene) -> None:
    """Instance storage without a name of its own is no candidate."""
    as_nvme(scene)
    page = instance_store_identify_page(STORE_SERIAL, "ephemeral0:none")
    show_nvme(scene, add_loop(scene, scene.originals.ext4), page)


def _held(scene: Scene) -> None:
    """Something is stacked on the disk, as LVM does; this kernel has no device mapper."""
    page = ebs_identify_page(scene.volume.volume_id, "xvdf")
    scene.node = show_nvme(scene, attach_data(scene), page)
    holders = scene.sysfs / "block" / Path(scene.node).name / "holders"
    holders.mkdir()
    (holders / "dm-3").touch()


def _mounted_at_root(scene: Scene) -> None:
    """The mount table says that the disk holds the root filesystem."""
    _mounted(scene, scene.loop.node, ("/",))


def _root_on_a_partition(scene: Scene) -> None:
    """The root filesystem is on a partition of the disk."""
    part = scene.sysfs / "block" / Path(scene.node).name / "p1"
    part.mkdir()
    (part / "partition").write_text("1", encoding="ascii")
    (part / "dev").write_text("259:777", encoding="ascii")
    _table(scene, ["36 1 259:777 / / rw - xfs /dev/root rw"])


def _mounted(scene: Scene, node: Path, targets: Iterable[str]) -> None:
    number = (Path("/sys/block") / node.name / "dev").read_text(encoding="ascii").strip()
    _table(scene, [f"36 1 {number} / {target} ro - xfs {node} ro" for target in targets])


def _table(scene: Scene, lines: list[str]) -> None:
    scene.mountinfo = scene.directory / "mountinfo"
    scene.mountinfo.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _mounted_elsewhere(scene: Scene) -> None:
    """Somebody looks at the disk already."""
    target = scene.directory / "elsewhere"
    target.mkdir()
    run(["blockdev", "--setro", str(scene.loop.node)], timeout_s=TIMEOUT_S)
    run(["mount", "-o", "ro", str(scene.loop.node), str(target)], timeout_s=TIMEOUT_S)
    scene.cleanup.callback(run, ["umount", str(target)], timeout_s=TIMEOUT_S)


def _sees_no_size(scene: Scene) -> None:
    page = ebs_identify_page(scene.volume.volume_id, "xvdf")
    scene.node = show_nvme(scene, attach_data(scene), page, size="0")


CASES = (
    Case(
        name="is instance storage of that name",
        attach=_instance_store,
        code="device_is_instance_store",
        says=("{node}", STORE_SERIAL, "xvdf"),
    ),
    Case(name="lies beside instance storage", attach=_beside_instance_store, says=("{node}",)),
    Case(
        name="is instance storage by metadata's word",
        attach=as_nvme,
        arrange=told.mapping({"ami": "xvda", "ephemeral0": "xvdf"}),
        code="device_is_instance_store",
        says=("/dev/xvdf", "ephemeral0"),
    ),
    Case(
        name="is the swap disk by metadata's word",
        attach=as_nvme,
        arrange=told.mapping({"ami": "xvda", "swap": "sdf"}),
        code="device_is_instance_store",
        says=("/dev/xvdf", "swap"),
    ),
    Case(
        name="is the root disk by metadata's word",
        attach=as_nvme,
        arrange=told.mapping({"ami": "xvdf", "root": "/dev/xvdf"}),
        code="device_is_root",
        says=("/dev/xvdf", "root disk"),
    ),
    Case(
        name="holds the root filesystem",
        arrange=_mounted_at_root,
        code="device_is_root",
        says=("{node}", "{serial}"),
    ),
    Case(
        name="holds the root filesystem on a partition",
        attach=as_nvme,
        arrange=_root_on_a_partition,
        code="device_is_root",
        says=("{node}", "{serial}"),
    ),
    Case(name="has a holder", attach=_held, code="device_in_use", says=("{node}", "dm-3")),
    Case(
        name="is mounted elsewhere",
        arrange=_mounted_elsewhere,
        code="device_in_use",
        says=("{node}", "{directory}/elsewhere", "umount"),
    ),
    Case(
        name="is of another snapshot than wanted",
        data={"snapshot_id": "snap-0fedcba9876543210"},
        code="volume_wrong_snapshot",
        says=("{volume_id}", "snap-0fedcba9876543210", "{snapshot_id}"),
    ),
    Case(
        name="is of the very snapshot that is wanted",
        data={"snapshot_id": "snap-0123456789abcdef0"},
        says=("{snapshot_id}",),
    ),
    Case(
        name="is of a snapshot that EC2 denies to tell, while one is wanted",
        attach=as_nvme,
        ec2=told.fails(told.DENIED),
        data={"snapshot_id": "snap-0fedcba9876543210"},
        code="aws_access_denied",
        says=("ec2:DescribeVolumes",),
    ),
    Case(
        name="is of an unknown snapshot while one is wanted",
        attach=as_nvme,
        ec2=told.fails(told.THROTTLED),
        data={"snapshot_id": "snap-0fedcba9876543210"},
        fake_clock=True,
        code="volume_snapshot_unknown",
        says=("snap-0fedcba9876543210", "data.snapshot_id"),
        passes_s=(300.0, 303.0),
    ),
    Case(
        name="was made from no snapshot",
        ec2=told.attached(snapshot_id=""),
        code="volume_not_from_snapshot",
        says=("{volume_id}", "SnapshotId", 'data.mode = "empty"'),
    ),
    Case(
        name="is not encrypted",
        ec2=told.attached(encrypted=False),
        code="volume_not_encrypted",
        says=("{volume_id}", "data.require_encryption"),
    ),
    Case(
        name="is not encrypted where that is allowed",
        ec2=told.attached(encrypted=False),
        data={"require_encryption": False},
        says=("{volume_id}",),
    ),
    Case(
        name="is smaller than EC2 says",
        ec2=told.attached(size_gib=2),
        code="device_size_differs",
        says=("{volume_id}", "2 GiB", "{node}", "1073741824"),
    ),
    Case(
        name="has no size and never gets one",
        attach=_sees_no_size,
        fake_clock=True,
        code="device_has_no_size",
        says=("{node}", "{serial}", "dmesg"),
        passes_s=(300.0, 303.0),
    ),
    Case(
        name="has no size while EC2 goes on attaching",
        attach=_sees_no_size,
        ec2=told.attached(attachment_state="attaching"),
        fake_clock=True,
        code="volume_not_attached",
        says=("{volume_id} is attaching",),
        passes_s=(300.0, 303.0),
    ),
)
