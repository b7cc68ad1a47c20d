"""What to do about each finding: commands for the operator's shell, by the error's code.

Names in braces are filled from what is known of the instance (`take.py`). The hint of the error is
the sentence that goes with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ladybug_agent.diagnose import aws_remedies
from ladybug_agent.diagnose.check import Command, Remedy

BOOT = Command("ladybug-agent bootstrap", "disruptive")
STATUS = Command("ladybug-agent status", "safe")
CHECK_CONFIG = Command("ladybug-agent config check --config {config_file}", "safe")
REPLACE = Command(
    "aws autoscaling terminate-instance-in-auto-scaling-group"
    " --no-should-decrement-desired-capacity --instance-id {instance_id}",
    "disruptive",
)
METADATA = Command(
    "aws ec2 describe-instances --instance-ids {instance_id}"
    " --query 'Reservations[].Instances[].MetadataOptions'",
    "safe",
)
OPEN_METADATA = Command(
    "aws ec2 modify-instance-metadata-options --instance-id {instance_id} --http-endpoint enabled",
    "safe",
)
VOLUMES = Command(
    "aws ec2 describe-volumes --filters Name=attachment.instance-id,Values={instance_id}", "safe"
)
VOLUME_STATUS = Command("aws ec2 describe-volume-status --volume-ids {volume_id}", "safe")
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
CHECK_HEALTH = Command("ladybug-agent health-check", "safe")
ANSWER = Command("curl -sS -m 5 {health_url}", "safe")
HYDRATE = Command("systemctl start ladybug-hydrate.service", "safe")
LIST_BOOTS = Command("ladybug-agent timeline --list", "safe")
COMPARE_BOOTS = Command("ladybug-agent timeline --compare", "safe")
UNITS = Command("systemctl list-units --all --no-pager 'ladybug-*'", "safe")
UNITS_LOG = Command(
    "journalctl -b -n 100 --no-pager -u ladybug-health.service -u ladybug-watch.service", "safe"
)
ENABLE = Command("systemctl enable ladybug-bootstrap.service ladybug-watch.service", "safe")
START_TIMER = Command("systemctl enable --now ladybug-health.timer", "safe")
CLOUD_INIT = Command("cloud-init status --long", "safe")
CLOUD_INIT_LOG = Command("tail -n 40 /var/log/cloud-init-output.log", "safe")
UNDO_DRAIN = Command("ladybug-agent drain --undo", "safe")


def _do(*commands: Command, text: str = "", iam: tuple[str, ...] = ()) -> Remedy:
    return Remedy(text=text, commands=commands, iam=iam)


CONFIG = _do(CHECK_CONFIG)
NO_METADATA = _do(METADATA, OPEN_METADATA)
BAD_DISK = _do(VOLUME_STATUS, KERNEL, REPLACE)
NO_DISK = _do(VOLUMES, DISKS, REPLACE)
BAD_MOUNT = _do(WHERE_MOUNTED, BOOT)
BAD_SNAPSHOT = _do(VOLUMES, REPLACE)
NOT_OURS = _do(CONTAINER_FACTS, CONTAINER_EVENTS, BOOT)
NOT_RUNNING = _do(CONTAINER_LOG, CONTAINER_EVENTS, BOOT)
NOT_ANSWERING = _do(ANSWER, CONTAINER_LOG, BOOT)
NO_ENGINE = _do(ENGINE_STATE, ENGINE_LOG, ENGINE_RESTART)
NO_SPACE = _do(SPACE, Command("docker system df", "safe"))
NO_MEMORY = _do(MEMORY, Command("docker stats --no-stream {container}", "safe"))

BY_CODE: Mapping[str, Remedy] = {
    **aws_remedies.BY_CODE,
    "check_timed_out": _do(
        Command("ladybug-agent diagnose --timeout 60", "safe"),
        text="ask again with more time; what hangs is an impaired volume or a closed network",
    ),
    "check_crashed": _do(text="a fault of the agent: report it with the output of --bundle"),
    "instance_draining": _do(STATUS, UNDO_DRAIN),
    "departure_announced": _do(
        STATUS, text="nothing is to be done here: the group starts a replacement"
    ),
    "departure_possible": _do(
        REPLACE, text="replace the instance at a time of your own, before EC2 does"
    ),
    "maintenance_asked": _do(
        STATUS, text="an operator set `desired`: set it to `in_service` to serve again"
    ),
    "memory_short": NO_MEMORY,
    "memory_ran_out": NO_MEMORY,
    "root_disk_full": NO_SPACE,
    "root_disk_short": NO_SPACE,
    "device_io_errors": BAD_DISK,
    "device_io_errors_past": _do(VOLUME_STATUS, KERNEL, text="watch it: does EC2 say more?"),
    "device_not_sealed": _do(DISKS, BOOT),
    "device_unreadable": BAD_DISK,
    "device_unresponsive": BAD_DISK,
    "device_gone": NO_DISK,
    "device_replaced": NO_DISK,
    "device_not_visible": NO_DISK,
    "container_out_of_memory": _do(CONTAINER_LOG, MEMORY, BOOT),
    "container_paused": _do(Command("docker unpause {container}", "safe"), CONTAINER_EVENTS),
    "container_exited": NOT_RUNNING,
    "container_missing": NOT_RUNNING,
    "container_restarted": _do(
        CONTAINER_LOG,
        Command("ls -l {state_dir}/evidence", "safe"),
        text="read what the containers that were taken away had to say",
    ),
    "image_not_present": _do(Command("docker images --digests", "safe"), BOOT),
    "query_answer_wrong": _do(CONTAINER_LOG, REPLACE),
    "query_failed": NOT_ANSWERING,
    "service_writable": NOT_OURS,
    "snapshot_stale": _do(
        REPLACE, text="take a new snapshot, put it into the launch template, replace the instance"
    ),
    "hydration_below_gate": _do(STATUS, text="it is still loading: queries are slow meanwhile"),
    "hydration_failed": _do(
        Command("journalctl -u ladybug-hydrate.service -n 50 --no-pager", "safe"), HYDRATE
    ),
    "boot_running": _do(Command("ladybug-agent status --wait", "safe")),
    "boot_not_run": _do(UNITS, CLOUD_INIT, BOOT),
    "boot_slower": _do(COMPARE_BOOTS, text="look which step took the time"),
    "boot_failed_before": _do(LIST_BOOTS, text="look whether they failed for the same reason"),
    "units_not_installed": _do(UNITS, text="nothing checks the replica or renews its lease"),
    "unit_not_enabled": _do(ENABLE, START_TIMER, text="enable what the next start needs"),
    "cloudinit_degraded": _do(CLOUD_INIT, text="look whether the warnings concern the agent"),
    "served_record_unreadable": _do(STATUS, BOOT),
    "replica_not_registered": _do(STATUS, BOOT),
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
    "boot_": _do(STATUS, UNITS_LOG, BOOT),
    "unit_": _do(UNITS, UNITS_LOG),
    "timer_": _do(UNITS, UNITS_LOG, START_TIMER),
    "cloudinit_": _do(CLOUD_INIT, CLOUD_INIT_LOG),
    "health_": NOT_ANSWERING,
}
"""For the codes that are not in `BY_CODE`; the longest prefix counts."""


def remedy_for(code: str, hint: str) -> Remedy | None:
    """Return what to do about an error with this code; None where nobody has a word on it."""
    prefixes = sorted((one for one in BY_PREFIX if code.startswith(one)), key=len)
    known = BY_CODE.get(code) or (BY_PREFIX[prefixes[-1]] if prefixes else None)
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
