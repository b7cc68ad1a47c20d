"""The section `[hydration]`: how a volume that is still in S3 is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ladybug_agent.config.key import key

Gate = Literal["none", "open", "hot", "full"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrationConfig:
    mode: Literal["on", "off"] = key(
        "`off` reads nothing ahead: every block is fetched from S3 when a query first needs it",
        default="on",
    )
    maps: str = key(
        "where the hot maps are: `s3://bucket/prefix`, or a directory; empty uses none",
        default="",
        pattern=r"(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?|/.+)?",
    )
    maps_owner: str = key(
        "account that must own that bucket; empty asks for none", default="", pattern=r"(\d{12})?"
    )
    record: Literal["missing", "never"] = key(
        "`missing` lets a replica of a database without a map record one, after its first queries",
        default="missing",
    )
    record_after_s: float = key(
        "how long a replica serves before that recording is made",
        default=60.0,
        least=1,
        most=86400,
    )
    gate: Gate = key(
        "what readiness waits for: `open`, a first answer of each probe; `hot`, also one page of"
        " each block of the hot map; `full`, all of the databases",
        default="hot",
    )
    gate_timeout_s: float = key(
        "how long; then the replica is registered as degraded, `hydrating`",
        default=60.0,
        least=1,
        most=7200,
    )
    probes: tuple[str, ...] = key(
        "queries that the service must answer before it is ready, each `database: cypher`",
        default=(),
        pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*:.+",
    )
    hot_read: Literal["pages", "blocks"] = key(
        "`pages` reads the hot pages alone, and relies on a volume that fetches whole blocks;"
        " `blocks` reads all of each hot block",
        default="pages",
    )
    cache_share: float = key(
        "most of the memory that is free, to be filled with hot pages", default=0.5, least=0, most=1
    )
    workers: int = key(
        "reads under way at once, at the most, before the replica serves; as many are used as the"
        " volume answers without making them wait",
        default=256,
        least=1,
        most=512,
    )
    background_share: float = key(
        "share of the volume's throughput that the background may use",
        default=0.65,
        least=0.01,
        most=1,
    )
    background_rate_mib_s: float = key(
        "rate of the background, in place of a share; 0 takes the share", default=0.0, least=0
    )
    background_window: int = key(
        "reads under way at once in the background: more only makes queries wait longer",
        default=8,
        least=1,
        most=64,
    )
    scope: Literal["databases", "device"] = key(
        "what the background reads; `device` goes on with all other blocks of the volume",
        default="databases",
    )
    stall_timeout_s: float = key(
        "time without the end of any read after which the volume counts as unresponsive",
        default=30.0,
        least=1,
        most=600,
    )
    ledger_dir: str = key(
        "which blocks have been read; outlives a reboot, as the blocks do",
        default="/var/lib/ladybug-agent/hydration",
        pattern="/.+",
    )
