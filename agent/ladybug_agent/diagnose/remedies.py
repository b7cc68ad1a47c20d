"""What to do about each finding: commands for the operator's shell, by the error's code.

Names in braces are filled from what is known of the instance (`take.py`). The hint of the error is
the sentence that goes with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ladybug_agent.diagnose import aws_remedies
from ladybug_agent.diagnose.aws_remedies import (
    BOOT,
    REPLACE,
    START_TIMER,
    VOLUME_STATUS,
    VOLUMES,
    do,
)
from ladybug_agent.diagnose.by_code import by_code
from ladybug_agent.diagnose.check import Command, Remedy

STATUS = Command("ladybug-agent status", "safe")
CHECK_CONFIG = Command("ladybug-agent config check --config {config_file}", "safe")
METADATA = Command(
    "aws ec2 describe-instances --instance-ids {instance_id}"
    " --query 'Reservations[].Instances[].MetadataOptions'",
    "safe",
)
OPEN_METADATA = Command(
    "aws ec2 modify-instance-metadata-options --instance-id {instance_id} --http-endpoint enabled",
    "safe",
)
KERNEL = Command("dmesg --ctime | grep -iE 'nvme|xfs|ext4|I/O' | tail -n 30", "safe")
DISKS = Command("lsblk -o NAME,SERIAL,SIZE,RO,MOUNTPOINTS", "safe")
WHERE_MOUNTED = Command("findmnt --target {mount_point}", "safe")
CONTAINER_LOG = Command("docker logs --tail 50 {container}", "safe")
CONTAINER_FACTS = Command("docker inspect {container}", "safe")
CONTAINER_EVENTS = Command("docker events --since 1h --until 0s --filter type=container", "safe")
MEMORY = Command("ps -eo pid,rss,comm --sort=-rss | head", "safe")
SPACE = Command("df -h / /run /var/log /var/lib/docker; df -i /", "safe")
ENGINE_STATE = Command("systemctl status docker --no-pager", "safe")
ENGINE_LOG = Command("journalctl -u docker -n 50 --no-pager", "safe")
ENGINE_RESTART = Command("systemctl restart docker", "disruptive")
ANSWER = Command("curl -sS -m 5 {health_url}", "safe")
HYDRATE = Command("systemctl start ladybug-hydrate.service", "safe")
LIST_BOOTS = Command("ladybug-agent timeline --list", "safe")
COMPARE_BOOTS = Command("ladybug-agent timeline --compare", "safe")
UNITS = Command("systemctl list-units --all --no-pager 'ladybug-*'", "safe")
UNITS_LOG = Command(
    "journalctl -b -n 100 --no-pager -u ladybug-health.service -u ladybug-watch.service", "safe"
)
ENABLE = Command("systemctl enable ladybug-bootstrap.service ladybug-watch.service", "safe")
CLOUD_INIT = Command("cloud-init status --long", "safe")
CLOUD_INIT_LOG = Command("tail -n 40 /var/log/cloud-init-output.log", "safe")
UNDO_DRAIN = Command("ladybug-agent drain --undo", "safe")


CONFIG = do(CHECK_CONFIG)
NO_METADATA = do(METADATA, OPEN_METADATA)
BAD_DISK = do(VOLUME_STATUS, KERNEL, REPLACE)
NO_DISK = do(VOLUMES, DISKS, REPLACE)
BAD_MOUNT = do(WHERE_MOUNTED, BOOT)
BAD_SNAPSHOT = do(VOLUMES, REPLACE)
NOT_OURS = do(CONTAINER_FACTS, CONTAINER_EVENTS, BOOT)
NOT_RUNNING = do(CONTAINER_LOG, CONTAINER_EVENTS, BOOT)
NOT_ANSWERING = do(ANSWER, CONTAINER_LOG, BOOT)
NO_ENGINE = do(ENGINE_STATE, ENGINE_LOG, ENGINE_RESTART)
NO_SPACE = do(SPACE, Command("docker system df", "safe"))
NO_MEMORY = do(MEMORY, Command("docker stats --no-stream {container}", "safe"))

BY_CODE: Mapping[str, Remedy] = {
    **aws_remedies.BY_CODE,
    "check_timed_out": do(
        Command("ladybug-agent diagnose --timeout 60", "safe"),
        text="ask again with more time; what hangs is an impaired volume or a closed network",
    ),
    "check_crashed": do(text="a fault of the agent: report it with the output of --bundle"),
    "instance_draining": do(STATUS, UNDO_DRAIN),
    "departure_announced": do(
        STATUS, text="nothing is to be done here: the group starts a replacement"
    ),
    "departure_possible": do(
        REPLACE, text="replace the instance at a time of your own, before EC2 does"
    ),
    "maintenance_asked": do(
        STATUS, text="an operator set `desired`: set it to `in_service` to serve again"
    ),
    "memory_short": NO_MEMORY,
    "memory_ran_out": NO_MEMORY,
    "root_disk_full": NO_SPACE,
    "root_disk_short": NO_SPACE,
    "device_io_errors": BAD_DISK,
    "device_io_errors_past": do(VOLUME_STATUS, KERNEL, text="watch it: does EC2 say more?"),
    "device_not_sealed": do(DISKS, BOOT),
    "device_unreadable": BAD_DISK,
    "device_unresponsive": BAD_DISK,
    "device_gone": NO_DISK,
    "device_replaced": NO_DISK,
    "device_not_visible": NO_DISK,
    "container_out_of_memory": do(CONTAINER_LOG, MEMORY, BOOT),
    "container_paused": do(Command("docker unpause {container}", "safe"), CONTAINER_EVENTS),
    "container_exited": NOT_RUNNING,
    "container_missing": do(CONTAINER_EVENTS, BOOT),
    "container_restarted": do(
        CONTAINER_LOG,
        Command("ls -l {state_dir}/evidence", "safe"),
        text="read what the containers that were taken away had to say",
    ),
    "image_not_present": do(Command("docker images --digests", "safe"), BOOT),
    "query_answer_wrong": do(CONTAINER_LOG, REPLACE),
    "query_failed": NOT_ANSWERING,
    "service_writable": NOT_OURS,
    "snapshot_stale": do(
        REPLACE, text="take a new snapshot, put it into the launch template, replace the instance"
    ),
    "hydration_below_gate": do(STATUS, text="it is still loading: queries are slow meanwhile"),
    "hydration_failed": do(
        Command("journalctl -u ladybug-hydrate.service -n 50 --no-pager", "safe"), HYDRATE
    ),
    "boot_running": do(Command("ladybug-agent status --wait", "safe")),
    "boot_not_run": do(UNITS, CLOUD_INIT, BOOT),
    "boot_slower": do(COMPARE_BOOTS, text="look which step took the time"),
    "boot_failed_before": do(LIST_BOOTS, text="look whether they failed for the same reason"),
    "units_not_installed": do(UNITS, text="nothing checks the replica or renews its lease"),
    "unit_not_enabled": do(ENABLE, START_TIMER, text="enable what the next start needs"),
    "cloudinit_degraded": do(CLOUD_INIT, text="look whether the warnings concern the agent"),
    "served_record_unreadable": do(STATUS, BOOT),
    "replica_not_registered": do(STATUS, BOOT),
}
BY_PREFIX: Mapping[str, Remedy] = {
    **aws_remedies.BY_PREFIX,
    "config_": CONFIG,
    "imds_": NO_METADATA,
    "device_": NO_DISK,
    "mount_": BAD_MOUNT,
    "filesystem_": BAD_DISK,
    "snapshot_": BAD_SNAPSHOT,
    "container_engine_": NO_ENGINE,
    "container_": NOT_OURS,
    "boot_": do(STATUS, UNITS_LOG, BOOT),
    "unit_": do(UNITS, UNITS_LOG),
    "timer_": do(UNITS, UNITS_LOG, START_TIMER),
    "cloudinit_": do(CLOUD_INIT, CLOUD_INIT_LOG),
    "health_": NOT_ANSWERING,
}
"""For the codes that are not in `BY_CODE`; the longest prefix counts."""


def remedy_for(code: str, hint: str) -> Remedy | None:
    """Return what to do about an error with this code; None where nobody has a word on it."""
    known = by_code(code, BY_CODE, BY_PREFIX)
    if known is None:
        return Remedy(text=hint) if hint else None
    return replace(known, text=hint or known.text)


def filled(remedy: Remedy, names: Mapping[str, str]) -> Remedy:
    """Put what is known of the instance into the commands; what is not stays `<like-this>`."""
    commands = tuple(replace(one, line=_filled(one.line, names)) for one in remedy.commands)
    return replace(remedy, commands=commands)


PLACES = (
    "config_file",
    "container",
    "group",
    "health_url",
    "instance_id",
    "mount_point",
    "state_dir",
    "table",
    "target_group",
    "volume_id",
)


def _filled(line: str, names: Mapping[str, str]) -> str:
    for name in PLACES:
        line = line.replace(f"{{{name}}}", names.get(name) or f"<{name.replace('_', '-')}>")
    return line
