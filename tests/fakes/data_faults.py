"""What can go wrong in the data branch: the volume, its disk, the mount, and the contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes.clock import FakeClock
from fakes.databases import database_bytes, header_bytes, never_checkpointed_bytes
from fakes.fault import NEVER, Fault, Parts, fails
from fakes.instance import FOREVER, MAPPING, ROOT_VOLUME, SNAPSHOT, VOLUME, FakeEc2, FakeMetadata
from fakes.mounts import FakeMounts
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.errors import NotYet
from ladybug_agent.model.storage import INSTANCE_STORE_MODEL, BlockDevice, FilesystemProbe

TWIN = replace(DISK, node="/dev/nvme2n1", device_number="259:4", serial="vol0aaaaaaaaaaaaaaaa")
SECOND_VOLUME = replace(VOLUME, volume_id="vol-0aaaaaaaaaaaaaaaa")
NAMELESS = replace(DISK, device_name="")
STORE = replace(DISK, model=INSTANCE_STORE_MODEL, serial="AWS6AAAAAAAAAAAAAAAA")
GOOD = database_bytes()


def _find(
    code: str,
    *volumes: Any,
    disks: tuple[BlockDevice, ...] = (),
    appear_after_s: float = 0.0,
    mapping: Mapping[str, str] = MAPPING,
    config: Mapping[str, object] | None = None,
    **ec2: Any,
) -> Fault:
    def parts(clock: FakeClock) -> Parts:
        return {
            "ec2": FakeEc2(*volumes, **ec2),
            "block_devices": FakeBlockDevices(clock, *disks, appear_after_s=appear_after_s),
            "metadata": FakeMetadata(mapping=mapping),
        }

    return Fault(step="find_volume", code=code, parts=parts, config=config or {})


def _device(code: str, **how: Any) -> Fault:
    def parts(clock: FakeClock) -> Parts:
        return {"block_devices": FakeBlockDevices(clock, **how)}

    return Fault(step="await_device", code=code, parts=parts)


def _mounts(
    step: str,
    code: str,
    *,
    disk: Mapping[str, Any] | None = None,
    config: Mapping[str, object] | None = None,
    ec2: FakeEc2 | None = None,
    **how: Any,
) -> Fault:
    def parts(clock: FakeClock) -> Parts:
        devices = FakeBlockDevices(clock, **(disk or {}))
        mounts = FakeMounts(devices, **how)
        return {"block_devices": devices, "mounts": mounts, "ec2": ec2 or FakeEc2()}

    return Fault(step=step, code=code, parts=parts, config=config or {})


def _kernel(code: str, *says: str) -> Fault:
    return _mounts("mount", code, raises=fails("command_failed"), kernel_says=says)


def _snapshot(code: str, contents: Mapping[str, bytes], **how: Any) -> Fault:
    return _mounts("verify_snapshot", code, contents=contents, **how)


def _files(content: bytes, **beside: bytes) -> dict[str, bytes]:
    """Return a volume with `sec.lbug`, and with other files by their suffix."""
    return {
        "databases/sec.lbug": content,
        **{f"databases/sec.lbug{suffix}": data for suffix, data in beside.items()},
    }


WAL_OF_ANOTHER = bytes(range(16)) + b"\1"

DATA_FAULTS: tuple[Fault, ...] = (
    _find("volume_not_mapped", ROOT_VOLUME, appear_after_s=NEVER),
    _find("volume_not_attached", attaching_for_looks=FOREVER, appear_after_s=NEVER),
    _find("volume_ambiguous", VOLUME, SECOND_VOLUME),
    _find("volume_contradiction", SECOND_VOLUME),
    _find("volume_not_encrypted", replace(VOLUME, encrypted=False)),
    _find("volume_not_from_snapshot", replace(VOLUME, snapshot_id="")),
    _find("volume_wrong_snapshot", config={"data.snapshot_id": "snap-0ccc"}),
    _find("device_size_differs", replace(VOLUME, size_gib=99)),
    _find(
        "volume_snapshot_unknown",
        raises=fails("aws_throttled"),
        config={"data.snapshot_id": VOLUME.snapshot_id},
    ),
    _find("volume_unidentified", disks=(NAMELESS,), raises=fails("aws_throttled")),
    _find("aws_access_denied", disks=(NAMELESS,), raises=fails("aws_access_denied")),
    _find("device_not_visible", appear_after_s=NEVER),
    _find("device_ambiguous", disks=(DISK, TWIN)),
    _find("device_in_use", disks=(replace(DISK, holders=("dm-0",)),)),
    _find("device_is_instance_store", disks=(STORE,)),
    _find("device_is_root", mapping={"root": "/dev/xvdf"}),
    _find("device_has_no_size", disks=(replace(DISK, size_bytes=0),)),
    _device("device_replaced", replaced_after_looks=1),
    _device("device_size_changes", sizes=[size % 2 * 512 for size in range(10_000)]),
    _device("device_unreadable", unreadable={0}),
    _device("device_unresponsive", hanging={0}),
    _device("device_unresponsive", hanging={0}, unkillable=True),
    _device("filesystem_missing", probe=FilesystemProbe()),
    _device("filesystem_unexpected", probe=FilesystemProbe(filesystem="ext4")),
    _device("filesystem_partitioned", probe=FilesystemProbe(partition_table="gpt")),
    _device("filesystem_ambiguous", probe_raises=fails("filesystem_ambiguous")),
    _kernel("mount_failed"),
    _kernel("filesystem_duplicate_uuid", "XFS (nvme1n1): Filesystem has duplicate UUID 5e5e"),
    _mounts("mount", "device_unresponsive", raises=fails("command_unkillable")),
    _mounts("mount", "mount_not_visible", vanishes=True),
    _mounts(
        "mount",
        "filesystem_dirty",
        disk={"dirty": True},
        config={"data.on_dirty_journal": "refuse"},
    ),
    _mounts("mount", "filesystem_still_dirty", disk={"dirty": True, "stays_dirty": True}),
    _mounts(
        "mount",
        "filesystem_still_dirty",
        raises=NotYet("mount_needs_journal_replay", "the journal wants a write"),
    ),
    _mounts("mount", "mount_point_not_made", config={"data.mount_point": "/proc/none"}),
    _snapshot("snapshot_directory_missing", {}),
    _snapshot("snapshot_without_databases", {"databases/README": b"\n"}),
    _snapshot("snapshot_database_missing", {"databases/industry.lbug": GOOD}),
    _snapshot("snapshot_database_empty", _files(b"")),
    _snapshot("snapshot_database_truncated", _files(header_bytes(page_count=100))),
    _snapshot("snapshot_database_foreign", _files(b"KUZU" * 1024)),
    _snapshot("snapshot_database_zeroed", _files(header_bytes().ljust(len(GOOD), b"\0"))),
    _snapshot(
        "snapshot_database_without_tables", _files(never_checkpointed_bytes().ljust(4096, b"\0"))
    ),
    _snapshot("snapshot_wal_torn", _files(GOOD, **{".wal": b"torn"})),
    _snapshot("snapshot_wal_foreign", _files(GOOD, **{".wal": WAL_OF_ANOTHER})),
    _snapshot("snapshot_recovery_pending", _files(GOOD, **{".shadow": b"half"})),
    _snapshot("snapshot_manifest_missing", _files(GOOD), config={"data.manifest": "required"}),
    _snapshot(
        "snapshot_manifest_unreadable",
        {**_files(GOOD), "databases/ladybug-snapshot.json": b"{"},
    ),
    _snapshot(
        "snapshot_stale",
        _files(GOOD),
        config={"data.on_stale_snapshot": "refuse"},
        ec2=FakeEc2(
            snapshot=replace(SNAPSHOT, started_at=SNAPSHOT.started_at - timedelta(days=30))
        ),
    ),
    _snapshot(
        "snapshot_state_error", _files(GOOD), ec2=FakeEc2(snapshot=replace(SNAPSHOT, state="error"))
    ),
)
