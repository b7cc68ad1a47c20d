"""Which check names live what a boot failed with: by the error's code.

A boot that failed only follows from a failure that is still there. Once that has gone the boot is
the cause: nothing is wrong any more but that it has to be run again.
"""

from __future__ import annotations

from collections.abc import Mapping

IN_TIME = (
    "metadata.token",
    "metadata.identity",
    "network.resolve",
    "network.endpoints",
    "machine.memory",
    "machine.root_disk",
    "volume.attachment",
    "volume.status",
    "volume.device",
    "volume.kernel_log",
    "engine.socket",
    "image.registry",
)
"""What can make a boot run out of time."""
AWS = ("network.resolve", "network.endpoints")
IDENTITY = ("metadata.token", "metadata.identity")
VOLUME = ("volume.attachment", "metadata.identity")
DISK = ("volume.status", "volume.kernel_log", "volume.device", "volume.attachment")
ENGINE = ("engine.socket", "machine.root_disk", "machine.memory")
REGISTRY = ("image.registry", "iam.permissions", "iam.credentials", *AWS)
ROOM = ("machine.root_disk",)
MEMORY = ("machine.memory",)
NONE: tuple[str, ...] = ()

BY_CODE: Mapping[str, tuple[str, ...]] = {
    "aws_access_denied": ("iam.permissions", "iam.identity"),
    "aws_credentials_rejected": ("time.skew", "iam.credentials", "iam.identity"),
    "aws_throttled": AWS,
    "aws_unreachable": AWS,
    "aws_call_failed": (*AWS, "iam.identity"),
    "aws_call_invalid": ("agent.config",),
    "branch_stuck": (*DISK, *ENGINE, *AWS),
    "container_out_of_memory": MEMORY,
    "credentials_missing": ("iam.credentials", "metadata.token"),
    "deadline_exceeded": IN_TIME,
    "image_no_space": ROOM,
    "image_reference_invalid": ("agent.config",),
    "instance_draining": ("lifecycle.departure",),
    "instance_terminating": ("lifecycle.departure",),
    "internal_error": NONE,
    "not_root": NONE,
    "open_check_out_of_memory": MEMORY,
    "registration_fenced": NONE,
    "registry_table_missing": ("agent.config", "iam.permissions"),
    "state_directory_unusable": ROOM,
    "empty_directory_not_made": ROOM,
    "mount_point_not_made": ROOM,
    "storage_versions_unreadable": NONE,
    "snapshot_unreadable": DISK,
    "filesystem_missing": DISK,
}
BY_PREFIX: Mapping[str, tuple[str, ...]] = {
    "config_": ("agent.config",),
    "imds_": IDENTITY,
    "volume_": VOLUME,
    "device_": DISK,
    "filesystem_": DISK,
    "mount_": DISK,
    "snapshot_": NONE,
    "storage_": NONE,
    "open_check_": ENGINE,
    "image_": REGISTRY,
    "container_engine_": ENGINE,
    "container_": (*ENGINE, *MEMORY),
    "health_": MEMORY,
    "service_": NONE,
    "hydration_": DISK,
    "probe_": DISK,
    "hot_map_": AWS,
    "file_layout_": DISK,
    "page_cache_": NONE,
    "signal_": AWS,
    "command_": NONE,
    "empty_": NONE,
    "registry_": AWS,
    "boot_": NONE,
    "record_": ROOM,
    "cancelled": NONE,
}
"""For the codes that are not in `BY_CODE`; the longest prefix counts."""


def live_checks(code: str) -> tuple[str, ...] | None:
    """Return the checks that fail while the cause is there; None for a code nobody knows.

    >>> live_checks("volume_not_mapped")
    ('volume.attachment', 'metadata.identity')
    """
    if code in BY_CODE:
        return BY_CODE[code]
    known = sorted((one for one in BY_PREFIX if code.startswith(one)), key=len)
    return BY_PREFIX[known[-1]] if known else None
