"""The sections `[health]`, `[metrics]` and `[alerts]`: life after the boot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.config.key import NAME, key


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    path: str = key("path of the health check", default="/health", pattern="/.*")
    wait_timeout_s: float = key(
        "time from the container's start to a good answer", default=600.0, least=1, most=7200
    )
    deadline_s: float = key("time for one `health-check`", default=20.0, least=5, most=300)
    rise: int = key("good checks in a row that make it healthy", default=2, least=1, most=20)
    fall: int = key("bad checks in a row that make it unhealthy", default=3, least=1, most=20)
    flap_transitions: int = key(
        "changes of state allowed in `flap_window_s`; beyond them the worse state is held",
        default=6,
        least=2,
        most=100,
    )
    flap_window_s: float = key("see `flap_transitions`", default=600.0, least=1, most=86400)
    query: str = key("read query (Cypher) whose answer is known; empty asks none", default="")
    query_answer: str = key("the only value in its answer, as text", default="")
    query_database: str = key("database to ask; empty takes the first", default="")
    query_every: int = key("each so many checks the query is asked", default=5, least=1, most=1000)
    restart_budget: int = key(
        "restarts of the container allowed in `restart_window_s`; 0 restarts never",
        default=3,
        least=0,
        most=20,
    )
    restart_window_s: float = key("see `restart_budget`", default=900.0, least=1, most=86400)
    restart_pause_s: float = key(
        "least time between two restarts; doubles with each", default=60.0, least=0, most=3600
    )
    restart_patience_s: float = key(
        "time that a restarted container has for its first good answer before it is restarted"
        " again; a lazily loaded volume is slow on first touch",
        default=300.0,
        least=1,
        most=7200,
    )
    replace_instance: bool = key(
        "ask Auto Scaling to replace the instance (SetInstanceHealth) once restarts are used up",
        default=False,
    )
    replace_after_s: float = key(
        "how long it must have been unhealthy for that", default=600.0, least=1, most=86400
    )
    replace_most_peers_pct: float = key(
        "held back while at least this share of the peers fails for the same reason",
        default=30.0,
        least=1,
        most=100,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    destination: Literal["none", "logs", "file"] = key(
        "where metrics go, in Embedded Metric Format: CloudWatch Logs, or a file for the"
        " CloudWatch agent",
        default="none",
    )
    log_group: str = key(
        "log group for `logs`; the stream is the instance id and must exist or be creatable",
        default="",
        pattern=r"[A-Za-z0-9_/.#-]{0,512}",
    )
    file: str = key("file for `file`", default="/var/log/ladybug-agent/metrics.json", pattern="/.+")
    namespace: str = key("CloudWatch namespace", default="LadybugAgent", pattern=NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    sns_topic: str = key(
        "ARN of the SNS topic that is told, once, when the replica becomes unhealthy; empty tells"
        " nobody",
        default="",
        pattern=r"(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+)?",
    )
