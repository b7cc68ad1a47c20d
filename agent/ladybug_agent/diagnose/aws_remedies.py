"""What to do about what AWS and the network say; see `ladybug_agent.diagnose.remedies`."""

from __future__ import annotations

from collections.abc import Mapping

from ladybug_agent.diagnose.check import Command, Remedy

CLOCK = Command("chronyc tracking", "safe")
SET_CLOCK = Command("chronyc makestep", "safe")
START_CHRONY = Command("systemctl enable --now chronyd", "safe")
RESOLVER = Command("cat /etc/resolv.conf; getent hosts sts.amazonaws.com", "safe")
ENDPOINTS = Command(
    "aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].[ServiceName,State]' --output table",
    "safe",
)
PROFILE = Command(
    "aws ec2 describe-iam-instance-profile-associations"
    " --filters Name=instance-id,Values={instance_id}",
    "safe",
)
WHO = Command("aws sts get-caller-identity", "safe")
VOLUMES = Command(
    "aws ec2 describe-volumes --filters Name=attachment.instance-id,Values={instance_id}", "safe"
)
VOLUME_STATUS = Command("aws ec2 describe-volume-status --volume-ids {volume_id}", "safe")
REPLACE = Command(
    "aws autoscaling terminate-instance-in-auto-scaling-group"
    " --no-should-decrement-desired-capacity --instance-id {instance_id}",
    "disruptive",
)
IMAGES = Command(
    "aws ecr describe-images --repository-name <repository>"
    " --query 'sort_by(imageDetails,&imagePushedAt)[-5:].[imageTags,imageDigest]'",
    "safe",
)
TABLES = Command("aws dynamodb list-tables", "safe")
ROW = Command(
    "aws dynamodb get-item --consistent-read --table-name {table}"
    ' --key \'{"instance_id": {"S": "{instance_id}"}}\'',
    "safe",
)
CHECK_HEALTH = Command("ladybug-agent health-check", "safe")
TIMER = Command("systemctl list-timers ladybug-health.timer", "safe")
START_TIMER = Command("systemctl enable --now ladybug-health.timer", "safe")
CHECK_LOG = Command("journalctl -u ladybug-health.service -n 30 --no-pager", "safe")
BOOT = Command("ladybug-agent bootstrap", "disruptive")
AGENTS = Command("pgrep -af ladybug-agent; cat {state_dir}/registration_id", "safe")
TARGETS = Command(
    "aws elbv2 describe-target-health --target-group-arn {target_group} --targets Id={instance_id}",
    "safe",
)
TARGET_GROUP = Command(
    "aws elbv2 describe-target-groups --target-group-arns {target_group}", "safe"
)
ADD_TARGET = Command(
    "aws elbv2 register-targets --target-group-arn {target_group} --targets Id={instance_id}",
    "safe",
)
MEMBER = Command(
    "aws autoscaling describe-auto-scaling-instances --instance-ids {instance_id}", "safe"
)
ACTIVITIES = Command(
    "aws autoscaling describe-scaling-activities --auto-scaling-group-name {group} --max-items 5",
    "safe",
)
EXIT_STANDBY = Command(
    "aws autoscaling exit-standby --instance-ids {instance_id} --auto-scaling-group-name {group}",
    "safe",
)
COMPLETE_HOOK = Command(
    "aws autoscaling complete-lifecycle-action --lifecycle-hook-name <hook>"
    " --auto-scaling-group-name {group} --lifecycle-action-result CONTINUE"
    " --instance-id {instance_id}",
    "safe",
)


def do(*commands: Command, text: str = "") -> Remedy:
    return Remedy(text=text, commands=commands)


TIME = do(CLOCK, SET_CLOCK, text="set the clock, and let it follow the time server")
FOLLOW = do(CLOCK, START_CHRONY, text="let the clock follow the time server: does chronyd run?")
CREDENTIALS = do(PROFILE, WHO)
LEASE = do(TIMER, CHECK_LOG, CHECK_HEALTH, text="look why health checks are missed")

BY_CODE: Mapping[str, Remedy] = {
    "clock_skewed": TIME,
    "clock_drifts": TIME,
    "clock_not_synchronized": FOLLOW,
    "name_not_resolved": do(RESOLVER),
    "aws_unreachable": do(ENDPOINTS),
    "aws_access_denied": do(WHO),
    "aws_credentials_rejected": do(CLOCK, WHO, PROFILE),
    "credentials_missing": CREDENTIALS,
    "credentials_expired": do(CLOCK, PROFILE, REPLACE),
    "volume_impaired": do(VOLUME_STATUS, REPLACE),
    "volume_degraded": do(VOLUME_STATUS, text="if the service is slow, replace the instance"),
    "image_not_found": do(IMAGES),
    "image_pull_denied": do(WHO),
    "image_registry_unreachable": do(ENDPOINTS),
    "registry_table_missing": do(TABLES),
    "registry_row_missing": do(CHECK_HEALTH, BOOT),
    "registry_row_outdated": do(ROW, BOOT),
    "registry_lease_expired": do(TIMER, START_TIMER, CHECK_LOG, CHECK_HEALTH),
    "registry_lease_short": LEASE,
    "registry_says_unhealthy": do(ROW, CHECK_HEALTH),
    "registry_status_differs": do(ROW, CHECK_HEALTH),
    "registration_fenced": do(AGENTS, ROW),
    "target_group_missing": do(TARGET_GROUP),
    "target_unused": do(TARGETS, ADD_TARGET),
    "target_draining": do(TARGETS, ADD_TARGET),
    "target_unhealthy": do(TARGET_GROUP, TARGETS),
    "target_not_ready": do(TARGETS, text="wait for one more check of the load balancer"),
    "instance_not_in_group": do(MEMBER),
    "instance_marked_unhealthy": do(ACTIVITIES),
    "instance_standby": do(EXIT_STANDBY),
    "instance_terminating": do(ACTIVITIES),
    "launch_hook_pending": do(MEMBER, COMPLETE_HOOK),
}
BY_PREFIX: Mapping[str, Remedy] = {"volume_": do(VOLUMES, REPLACE)}
