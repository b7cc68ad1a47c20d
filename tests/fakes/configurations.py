"""Configuration files: a good one, and every way to get one wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

MINIMAL = """\
schema = 1

[instance]
environment = "test"

[data]
databases = ["sec"]

[container]
image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/graph-api:1.0"

[registry]
table = "instance-registry"
"""


def added(section: str, line: str) -> str:
    """Return the minimal file with one more line in a section, which may be a new one."""
    header = f"[{section}]\n"
    if header in MINIMAL:
        return MINIMAL.replace(header, f"{header}{line}\n")
    return f"{MINIMAL}\n{header}{line}\n"


def replaced(old: str, new: str) -> str:
    """Return the minimal file with a piece of it replaced."""
    if old not in MINIMAL:
        message = f"{old!r} is not in the minimal file"
        raise ValueError(message)
    return MINIMAL.replace(old, new)


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file, the code it is refused with, and what the message names.

    `by_schema` says whether an editor can see the mistake by the JSON Schema.
    """

    text: str
    code: str
    names: str
    by_schema: bool = field(default=True, kw_only=True)


DATABASES = 'databases = ["sec"]'
IMAGE = MINIMAL[MINIMAL.index("image = ") :].split("\n", 1)[0]

BAD_FILES = {
    "not TOML at all": BadFile("schema = = 1", "config_not_toml", "config.toml", by_schema=False),
    "a key twice": BadFile(
        added("data", 'databases = ["industry"]'), "config_not_toml", "config.toml", by_schema=False
    ),
    "no schema": BadFile(replaced("schema = 1\n", ""), "config_schema_unsupported", "schema = 1"),
    "a later schema": BadFile(
        replaced("schema = 1", "schema = 2"), "config_schema_unsupported", "2"
    ),
    "a schema of text": BadFile(
        replaced("schema = 1", 'schema = "1"'), "config_schema_unsupported", "'1'"
    ),
    "a schema of true": BadFile(
        replaced("schema = 1", "schema = true"), "config_wrong_type", "`schema`"
    ),
    "an unknown key": BadFile(
        added("data", 'filesytem = "xfs"'), "config_unknown_key", "`data.filesytem`"
    ),
    "an unknown section": BadFile(
        added("date", 'filesystem = "xfs"'), "config_unknown_key", "`date`"
    ),
    "an unknown key at the top": BadFile(
        replaced("schema = 1", "schema = 1\nverbose = true"), "config_unknown_key", "`verbose`"
    ),
    "a missing section": BadFile(
        replaced('[registry]\ntable = "instance-registry"\n', ""),
        "config_missing_key",
        "`registry`",
    ),
    "a missing key": BadFile(
        replaced('environment = "test"', ""), "config_missing_key", "`instance.environment`"
    ),
    "a missing image": BadFile(replaced(IMAGE, ""), "config_missing_key", "`container.image`"),
    "a section that is a value": BadFile(
        replaced("schema = 1", "schema = 1\nhealth = 3"), "config_wrong_type", "`health`"
    ),
    "text for a list": BadFile(
        replaced(DATABASES, 'databases = "sec"'), "config_wrong_type", "`data.databases`"
    ),
    "a list with a number": BadFile(
        replaced(DATABASES, 'databases = ["sec", 1]'), "config_wrong_type", "`data.databases`"
    ),
    "text for a number": BadFile(
        added("data", 'attach_timeout_s = "300"'), "config_wrong_type", "`data.attach_timeout_s`"
    ),
    "true for a number": BadFile(
        added("data", "attach_timeout_s = true"), "config_wrong_type", "`data.attach_timeout_s`"
    ),
    "true for a whole number": BadFile(
        added("container", "port = true"), "config_wrong_type", "`container.port`"
    ),
    "a fraction for a whole number": BadFile(
        added("container", "port = 8001.5"), "config_wrong_type", "`container.port`"
    ),
    "text for a truth": BadFile(
        added("data", 'require_encryption = "no"'), "config_wrong_type", "`data.require_encryption`"
    ),
    "a number for a truth": BadFile(
        added("data", "require_encryption = 0"), "config_wrong_type", "`data.require_encryption`"
    ),
    "a number for text": BadFile(
        added("container", "name = 7"), "config_wrong_type", "`container.name`"
    ),
    "an unknown choice": BadFile(
        added("data", 'filesystem = "zfs"'), "config_wrong_type", "'xfs', 'ext4'"
    ),
    "a number in the environment": BadFile(
        added("container", "environment = { WORKERS = 4 }"),
        "config_wrong_type",
        "`container.environment",
    ),
    "too small": BadFile(
        added("registry", "lease_s = 29"), "config_out_of_range", "`registry.lease_s`"
    ),
    "negative": BadFile(
        added("container", "memory_bytes = -1"), "config_out_of_range", "`container.memory_bytes`"
    ),
    "too large": BadFile(
        added("container", "port = 65536"), "config_out_of_range", "`container.port`"
    ),
    "infinite": BadFile(
        added("instance", "boot_timeout_s = inf"),
        "config_out_of_range",
        "`instance.boot_timeout_s`",
    ),
    "not a number": BadFile(
        added("instance", "boot_timeout_s = nan"),
        "config_out_of_range",
        "`instance.boot_timeout_s`",
        by_schema=False,
    ),
    "a relative mount point": BadFile(
        added("data", 'mount_point = "mnt/data"'), "config_out_of_range", "`data.mount_point`"
    ),
    "a database that is a path": BadFile(
        replaced(DATABASES, 'databases = ["../sec"]'), "config_out_of_range", "`data.databases`"
    ),
    "an empty tier": BadFile(
        added("instance", 'cluster_tier = ""'), "config_out_of_range", "`instance.cluster_tier`"
    ),
    "versions that are no range": BadFile(
        added("container", 'storage_versions = "40 to 49"'),
        "config_out_of_range",
        "`container.storage_versions`",
    ),
    "a health path without a slash": BadFile(
        added("health", 'path = "health"'), "config_out_of_range", "`health.path`"
    ),
    "an unknown mode": BadFile(
        added("data", 'mode = "none"'), "config_wrong_type", "'snapshot', 'empty'"
    ),
    "a snapshot id that is none": BadFile(
        added("data", 'snapshot_id = "vol-0abc"'), "config_out_of_range", "`data.snapshot_id`"
    ),
    "a device by its path": BadFile(
        added("data", 'device_name = "/dev/disk/by-id/x"'),
        "config_out_of_range",
        "`data.device_name`",
    ),
    "an age of nothing": BadFile(
        added("data", "snapshot_max_age_days = 0"),
        "config_out_of_range",
        "`data.snapshot_max_age_days`",
    ),
    "an unknown depth": BadFile(
        added("data", 'verify_depth = "deep"'), "config_wrong_type", "'names', 'sampled', 'full'"
    ),
    "databases that are not named": BadFile(
        replaced(DATABASES, ""), "config_contradiction", "`data.databases`", by_schema=False
    ),
    "no databases": BadFile(
        replaced(DATABASES, "databases = []"),
        "config_contradiction",
        "`data.databases`",
        by_schema=False,
    ),
    "databases in mode empty": BadFile(
        added("data", 'mode = "empty"'),
        "config_contradiction",
        "none in mode `empty`",
        by_schema=False,
    ),
    "a mount point with a way up": BadFile(
        added("data", 'mount_point = "/mnt/../etc"'),
        "config_contradiction",
        "`data.mount_point`",
        by_schema=False,
    ),
    "a mount point with two slashes": BadFile(
        added("data", 'mount_point = "//mnt"'),
        "config_contradiction",
        "`data.mount_point`",
        by_schema=False,
    ),
    "a variable that the agent owns": BadFile(
        added("container", 'environment = { LBUG_READ_ONLY = "false" }'),
        "config_contradiction",
        "LBUG_READ_ONLY",
        by_schema=False,
    ),
    "a database twice": BadFile(
        replaced(DATABASES, 'databases = ["sec", "sec"]'),
        "config_contradiction",
        "`data.databases`",
    ),
    "a hook without its group": BadFile(
        added("signals", 'launch_hook = "ready"'),
        "config_contradiction",
        "`signals.auto_scaling_group`",
        by_schema=False,
    ),
    "a group without its hook": BadFile(
        added("signals", 'auto_scaling_group = "replicas"'),
        "config_contradiction",
        "`signals.launch_hook`",
        by_schema=False,
    ),
    "a resource without its stack": BadFile(
        added("signals", 'logical_resource_id = "Replicas"'),
        "config_contradiction",
        "`signals.stack_name`",
        by_schema=False,
    ),
    "databases outside the volume": BadFile(
        added("data", 'databases_dir = "../etc"'),
        "config_contradiction",
        "`data.databases_dir`",
        by_schema=False,
    ),
    "databases at an absolute path": BadFile(
        added("data", 'databases_dir = "/srv"'),
        "config_contradiction",
        "`data.databases_dir`",
        by_schema=False,
    ),
}
