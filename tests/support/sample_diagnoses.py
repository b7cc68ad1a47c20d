"""Diagnoses and a boot, as real ones look: for the report, its pictures and the model of SSM."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ladybug_agent.diagnose.check import Command, Remedy, Result, Status
from ladybug_agent.diagnose.diagnosis import Diagnosis, View
from ladybug_agent.timeline.model import Milestone, Span, Timeline

TAKEN_AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
DIGEST = "sha256:" + "9f1c2d3e4b5a6978" * 4
HOST = {
    "instance_id": "i-0123456789abcdef0",
    "availability_zone": "eu-central-1a",
    "instance_type": "r7g.large",
    "snapshot_id": "snap-0a1b2c3d4e5f60718",
    "volume_id": "vol-0fedcba9876543210",
    "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/graph-api@" + DIGEST,
    "image_digest": DIGEST,
    "environment": "prod",
}
PASSED = {
    "agent.config": "the configuration is valid",
    "metadata.token": "instance metadata gives a session token (2 ms)",
    "metadata.identity": "i-0123456789abcdef0 in eu-central-1a",
    "time.skew": "the clock is right to 0.1 s",
    "network.resolve": "all 7 names resolve",
    "network.endpoints": "all 7 endpoints take connections",
    "iam.credentials": "the role `graph-replica` gives credentials until 18:00",
    "iam.identity": "AWS knows us as arn:aws:sts::123456789012:assumed-role/graph-replica/i-0123",
    "machine.root_disk": "61 % of the root disk and 80 % of its inodes are free",
    "engine.socket": "the Docker engine answers (API 1.44)",
    "systemd.units": "7 units are as installed",
    "boot.outcome": "the last boot registered a replica in 74.2 s",
}
ROOT = Result(
    id="volume.status",
    status="fail",
    code="device_io_errors",
    message="wanted an unimpaired volume vol-0fedcba9876543210, found EC2 says `impaired`"
    " (io-performance: stalled) since 11:48",
    evidence={
        "volume_id": "vol-0fedcba9876543210",
        "status": "impaired",
        "io_performance": "stalled",
        "since": "2026-02-06T11:48:12Z",
    },
    remedy=Remedy(
        text="The volume does not answer, and no command on the instance can change that."
        " Let the group replace the instance; its data is a snapshot, so that nothing is lost.",
        commands=(
            Command(
                "aws ec2 describe-volume-status --volume-ids vol-0fedcba9876543210"
                " --query 'VolumeStatuses[].VolumeStatus'",
                "safe",
            ),
            Command(
                "aws autoscaling terminate-instance-in-auto-scaling-group"
                " --no-should-decrement-desired-capacity --instance-id i-0123456789abcdef0",
                "disruptive",
            ),
        ),
        iam=("autoscaling:TerminateInstanceInAutoScalingGroup",),
    ),
    duration_ms=212.0,
)
FOLLOWS = (
    Result(
        id="volume.kernel_log",
        status="fail",
        code="device_io_errors",
        message="wanted a quiet kernel log, found 14 I/O errors of nvme1n1 since 11:48",
        evidence={"errors": 14, "last": "critical medium error, dev nvme1n1, sector 2048"},
        caused_by="volume.status",
    ),
    Result(
        id="service.health",
        status="fail",
        code="health_answer_late",
        message="wanted an answer of /health within 5 s, found none",
        caused_by="volume.status",
    ),
    Result(
        id="service.query",
        status="skip",
        message="not asked: service.health failed",
        blocked_by="service.health",
    ),
)
WARNED = Result(
    id="data.freshness",
    status="warn",
    code="snapshot_stale",
    message="the snapshot is 9 days old, and 7 are allowed",
    evidence={"age_s": 777600, "limit_s": 604800},
    remedy=Remedy(
        text="Take a new snapshot of the master's volume, and roll the group.",
        commands=(Command("ladybug-fleet snapshot", "safe"),),
    ),
)
VIEWS = (
    View(viewpoint="container", opinion="healthy", words="running for 3 days, no restart"),
    View(viewpoint="health", opinion="unhealthy", words="no answer within 5 s"),
    View(viewpoint="registry", opinion="unhealthy", words="unhealthy, lease +88 s"),
    View(viewpoint="load balancer", opinion="unhealthy", words="Target.Timeout"),
    View(viewpoint="auto scaling", opinion="unknown", words="not asked: access denied"),
)


def passed() -> tuple[Result, ...]:
    return tuple(
        Result(id=name, status="pass", message=told, evidence={"took_ms": 2}, duration_ms=2.0)
        for name, told in PASSED.items()
    )


def healthy() -> Diagnosis:
    views = tuple(replace(view, opinion="healthy", words="healthy") for view in VIEWS)
    return Diagnosis(
        host=HOST,
        taken_at=TAKEN_AT,
        duration_s=0.9,
        results=passed(),
        views=views,
        verdict_facts={"age": "7h", "status": "healthy", "lease": "+88s"},
    )


def broken() -> Diagnosis:
    return replace(
        healthy(),
        results=(*passed()[:8], ROOT, *FOLLOWS, WARNED, *passed()[8:]),
        views=VIEWS,
        dissent="container says healthy, health and registry and load balancer say unhealthy",
        left_out=("autoscaling.instance",),
        verdict_facts={"age": "9d", "status": "unhealthy", "lease": "+88s"},
    )


def with_status(status: Status, count: int) -> Diagnosis:
    """Return a diagnosis with so many results of a status, each with much to say."""
    many = tuple(
        replace(ROOT, id=f"group{number}.what", status=status, message=f"{number}: {'so ' * 90}")
        for number in range(count)
    )
    return replace(broken(), results=(*passed(), *many))


def boot() -> Timeline:
    steps = (
        ("kernel", "kernel", 0.0, 3.1, ""),
        ("network-online", "systemd", 3.1, 9.4, ""),
        ("init-network", "cloud-init", 9.4, 11.9, ""),
        ("user data", "cloud-init", 12.0, 14.2, ""),
        ("wheel installed", "stub", 14.2, 21.8, "ladybug-agent 0.1.0"),
        ("find volume", "agent", 22.3, 24.0, "vol-0fedcba9876543210"),
        ("pull image", "agent", 22.4, 51.7, "412 MB"),
        ("mount", "agent", 24.0, 24.1, "xfs, read-only"),
        ("verify", "agent", 24.1, 29.6, "3 databases"),
        ("start container", "agent", 51.8, 53.0, ""),
        ("await health", "agent", 53.0, 73.8, ""),
        ("register", "agent", 73.9, 74.2, ""),
        ("rest of the volume", "hydration", 74.3, None, "8 %"),
    )
    return Timeline(
        boot_id="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        kernel_started_at=TAKEN_AT,
        outcome="registered",
        spans=tuple(
            Span(
                name=name,
                source=source,  # type: ignore[arg-type]  # one of the words above
                started_s=start,
                ended_s=end,
                note=note,
                status="done" if end is not None else "running",
            )
            for name, source, start, end, note in steps
        ),
        milestones=(Milestone(name="first healthy answer", at_s=73.8),),
        agent_version="0.1.0",
        instance_id=HOST["instance_id"],
        missing=("cloud-init.log: not readable by this user",),
    )
