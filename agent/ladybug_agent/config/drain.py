"""The section `[drain]`: leaving, and what makes a replica leave."""

from __future__ import annotations

from dataclasses import dataclass

from ladybug_agent.config.key import NAME, key


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainConfig:
    budget_s: float = key(
        "time for a whole drain, from the draining row to the completed hook; keep it below the"
        " termination hook's heartbeat timeout. A spot notice shortens it to what is left",
        default=100.0,
        least=10,
        most=3600,
    )
    stop_grace_s: int = key(
        "time that the service has to end by itself when it is told to stop",
        default=10,
        least=1,
        most=300,
    )
    target_group_arn: str = key(
        "target group of the load balancer, whose deregistration a drain waits for; empty waits"
        " for none",
        default="",
        pattern=r"(arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup/[A-Za-z0-9/-]+)?",
    )
    deregister: bool = key(
        "ask the load balancer to deregister the instance, where nobody has", default=True
    )
    termination_hook: str = key(
        "termination lifecycle hook of `signals.auto_scaling_group` to complete; empty completes"
        " none",
        default="",
        pattern=f"({NAME})?",
    )
    watch_interval_s: float = key(
        "how often `watch` asks instance metadata whether the instance is to go",
        default=5.0,
        least=1,
        most=60,
    )
    event_lead_s: float = key(
        "how long before a scheduled event of EC2 the drain begins",
        default=300.0,
        least=0,
        most=86400,
    )
