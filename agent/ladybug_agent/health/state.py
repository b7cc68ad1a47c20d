"""What one health check leaves for the next (`health.json`): streaks, restarts, the last write.

Lost at reboot by design. Times named `_mono` are seconds on the monotonic clock of this boot.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ladybug_agent.files import write_atomically

SCHEMA = "ladybug.health/1"
KEPT_TRANSITIONS = 10

Status = Literal["healthy", "unhealthy"]


@dataclass(slots=True)
class HealthState:
    """Flat, and of JSON's own types: a file that does not fit them is corrupt."""

    boot_id: str = ""
    registration_id: str = ""
    status: str = "unhealthy"
    reason_code: str = "not_checked_yet"
    since: str = ""
    """UTC; when the status became what it is."""
    since_mono: float = 0.0
    degraded_reasons: list[str] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    """Codes of the checks that fail now, whatever the status."""
    ok_streak: int = 0
    fail_streak: int = 0
    checks: int = 0
    """Health checks so far; each `health.query_every`-th asks the query."""
    last_check_at: str = ""
    last_ok_at: str = ""
    latency_ms: float = 0.0
    wall_s: float = 0.0
    mono_s: float = 0.0
    flap_tokens: float = -1.0
    """Changes of state left; -1 is a full bucket."""
    is_flapping: bool = False
    transitions: list[str] = field(default_factory=list)
    """The last ten, as `2026-02-06T12:00:00Z healthy>unhealthy container_exited`."""
    notified: str = ""
    """The transition that was told to SNS."""
    restarts_mono: list[float] = field(default_factory=list)
    restarts_total: int = 0
    restarts_spent: bool = False
    starting_since_mono: float = 0.0
    """When a repair started the container, until its first good answer; 0 if none has to."""
    repair_asked: str = ""
    """The repair that another process was asked for, until it is heard of; empty if none was."""
    repair_asked_mono: float = 0.0
    oom_seen: bool = False
    kernel_sequence: int = -1
    """The last record of the kernel's log that was looked at; -1 is none yet."""
    cpu_busy: int = 0
    cpu_total: int = 0
    reads: int = 0
    sampled_mono: float = 0.0
    hb_seq: int = 0
    write_id: str = ""
    """Of the last write that was tried, whether its answer came or not."""
    lease_expires_at: int = 0
    desired: str = ""
    """What the operator wants, as last seen in the row; empty is `in_service`."""
    is_fenced: bool = False
    row_status: str = ""
    """As last seen; `missing` if there was none."""
    has_left: bool = False
    """The row was seen on its way out: should it be deleted, it stays so."""
    container_id: str = ""
    """That the restarts were counted for; another one starts with none."""
    rows_lost: int = 0
    outage_since: str = ""
    outage_since_mono: float = 0.0
    outage_misses: int = 0
    outage_code: str = ""
    outage_transitions: list[str] = field(default_factory=list)
    untold_metrics: list[str] = field(default_factory=list)
    has_no_log_stream: bool = False
    replacement_asked: bool = False
    peers_asked_mono: float = 0.0

    @property
    def is_healthy(self) -> bool:
        return self.status == "healthy"

    @property
    def in_maintenance(self) -> bool:
        return self.desired == "maintenance"

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


class CorruptStateError(Exception):
    """The file is there, and is not a state of this format."""


def read_state(path: Path) -> HealthState | None:
    """Return the state, or None if there is none yet. Raises CorruptStateError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptStateError(str(error)) from error
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise CorruptStateError(f"no `schema` of `{SCHEMA}`")
    wanted = {spec.name: spec for spec in fields(HealthState)}
    blank = HealthState()
    for name, value in document.items():
        if name not in wanted or not _fits(getattr(blank, name), value):
            raise CorruptStateError(f"`{name}` is not what it should be")
    return HealthState(**document)


def write_state(path: Path, state: HealthState) -> None:
    """Replace the file, whole or not at all. Raises OSError."""
    write_atomically(path, json.dumps(state.document(), indent=1) + "\n")


def _fits(blank: object, value: object) -> bool:
    if isinstance(blank, bool) or isinstance(value, bool):
        return isinstance(blank, bool) and isinstance(value, bool)
    if isinstance(blank, float):
        return isinstance(value, int | float)
    if isinstance(blank, list):
        return isinstance(value, list) and all(
            isinstance(item, str | float | int) for item in value
        )
    return type(value) is type(blank)
