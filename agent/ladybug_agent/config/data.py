"""The section `[data]`: the data volume, and what must be on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.config.key import NAME, key


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    mode: Literal["snapshot", "empty"] = key(
        "`empty` asks for a replica without data, for a first deployment: no volume is looked for,"
        " and the registry row says so",
        default="snapshot",
    )
    databases: tuple[str, ...] = key(
        "databases that must be on the volume, each a file `<name>.lbug`; none in mode `empty`",
        default=(),
        pattern=NAME,
    )
    device_name: str = key(
        "device name of the data volume in the launch template's block device mapping",
        default="/dev/xvdf",
        pattern=r"(/dev/)?[A-Za-z0-9]+",
    )
    filesystem: Literal["xfs", "ext4"] = key("filesystem of the snapshot", default="xfs")
    mount_point: str = key(
        "where the volume is mounted", default="/mnt/ladybug-data", pattern="/.+"
    )
    databases_dir: str = key(
        "directory on the volume that holds the databases", default="databases"
    )
    snapshot_id: str = key(
        "snapshot that the volume must be made from; empty accepts any",
        default="",
        pattern=r"(snap-[0-9a-f]+)?",
    )
    require_encryption: bool = key("refuse an unencrypted volume", default=True)
    snapshot_max_age_days: float = key(
        "age from which a snapshot counts as stale", default=7.0, least=0.01, most=3650
    )
    on_stale_snapshot: Literal["warn", "refuse", "ignore"] = key(
        "`warn` serves it as degraded; `ignore` does not ask how old it is", default="warn"
    )
    attach_timeout_s: float = key(
        "time for EC2 to attach the volume and for the kernel to show it",
        default=300.0,
        least=1,
        most=3600,
    )
    read_timeout_s: float = key(
        "time for one read that shows whether the device answers", default=30.0, least=1, most=600
    )
    mount_timeout_s: float = key(
        "time for one mount; a lazily loaded volume is slow on first touch",
        default=180.0,
        least=1,
        most=3600,
    )
    on_dirty_journal: Literal["replay", "refuse"] = key(
        "for a filesystem that was in use when the snapshot was taken: `replay` lets the kernel"
        " finish its journal, once, on this private copy",
        default="replay",
    )
    manifest: Literal["optional", "required", "ignore"] = key(
        "the snapshot manifest, as `verify --write-manifest` writes it beside the databases",
        default="optional",
    )
    verify_depth: Literal["names", "sampled", "full"] = key(
        "how the files are compared with the manifest: names and headers, some pages of each as"
        " well, or every byte",
        default="sampled",
    )
    verify_timeout_s: float = key(
        "time to read what is checked; `full` needs as long as all bytes of the databases do",
        default=300.0,
        least=1,
        most=7200,
    )
    open_check: bool = key(
        "open every database with the image's own engine, in a container without network, before"
        " the service starts",
        default=True,
    )
    open_check_timeout_s: float = key(
        "time for that; a lazily loaded volume is slow on first touch",
        default=300.0,
        least=1,
        most=7200,
    )
    on_pending_recovery: Literal["refuse", "recover"] = key(
        "for a database whose checkpoint the snapshot cut in two: `recover` lets the image's own"
        " engine finish it, once, on this private copy",
        default="refuse",
    )
