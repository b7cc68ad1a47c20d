"""What each health check measures, in CloudWatch's Embedded Metric Format.

Dimensions are environment and node type only: each further one would be a metric of its own, and
cost, for every instance there ever was. Which instance it was is a property beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ladybug_agent.errors import AgentError
from ladybug_agent.health.run import RegistryWord, Run, Verdict

KEPT_LINES = 40
"""20 minutes of what could not be told."""
NODE_TYPE = "shared_replica"
Value = tuple[str, float, str]


def metrics_of(run: Run, verdict: Verdict, registry: RegistryWord, margin_s: float) -> list[Value]:
    """Return name, value and unit of each metric of this run."""
    state, fresh = run.state, verdict.freshness
    values: list[Value] = [
        ("HealthStatus", float(state.is_healthy), "None"),
        ("CheckLatencyMs", verdict.look.latency_ms, "Milliseconds"),
        ("Restarts", float(len(state.restarts_mono)), "Count"),
        ("RegistryWriteOk", float(registry in {"written", "restored"}), "None"),
        ("Flapping", float(state.is_flapping), "None"),
        ("RegistryRowLost", float(registry == "restored"), "Count"),
        ("LeaseMarginSeconds", margin_s, "Seconds"),
    ]
    if fresh.snapshot_age_s is not None:
        values.append(("SnapshotAgeSeconds", round(fresh.snapshot_age_s), "Seconds"))
    if fresh.hydration_pct is not None:
        values.append(("HydrationPct", fresh.hydration_pct, "Percent"))
    if state.checks == 1:
        values += boot_phases(run.state_dir / "bootstrap.json")
    return values


def boot_phases(path: Path) -> list[Value]:
    """Return how long the boot and each of its steps took, by its record; nothing without one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        steps = {str(step["name"]): step["duration_s"] for step in record["steps"]}
        values = {"Total": record["total_s"], **steps}
        return [
            (f"Boot{_camel(name)}Seconds", float(taken), "Seconds")
            for name, taken in values.items()
            if taken is not None
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def emf_line(run: Run, verdict: Verdict, values: list[Value]) -> str:
    """Return the whole log event: any prefix would keep CloudWatch from reading it."""
    state = run.state
    document: dict[str, Any] = {
        "_aws": {
            "Timestamp": int(run.now.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": run.config.metrics.namespace,
                    "Dimensions": [["Environment", "NodeType"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, _, unit in values],
                }
            ],
        },
        "Environment": run.config.instance.environment,
        "NodeType": NODE_TYPE,
        "instance_id": run.instance_id,
        "status": state.status,
        "reason_code": "" if state.is_healthy else state.reason_code,
        "failing_checks": state.failing,
        "degraded_reasons": list(verdict.freshness.reasons),
        "snapshot_id": run.served.row.get("snapshot_id", ""),
        "image_digest": run.served.image_digest,
        **{name: value for name, value, _ in values},
    }
    return json.dumps(document)


def send(run: Run, line: str) -> None:
    """Send the line where the configuration says; that it cannot be sent is no failure.

    What does not fit into this run's calls to AWS, or was refused, goes with the next.
    """
    state, rules = run.state, run.config.metrics
    match rules.destination:
        case "none":
            return
        case "file":
            _append(run, Path(rules.file), line)
        case "logs":
            state.untold_metrics = [*state.untold_metrics, line][-KEPT_LINES:]
            if run.may_call_aws():
                _put(run)


def _put(run: Run) -> None:
    state, group, stream = run.state, run.config.metrics.log_group, run.instance_id
    events = [(_stamp(line), line) for line in state.untold_metrics]
    try:
        if state.has_no_log_stream:  # made now, written to by the next run
            run.world.cloud.make_log_stream(group, stream)
            state.has_no_log_stream = False
            return
        run.world.cloud.put_log_events(group, stream, events)
    except AgentError as error:
        state.has_no_log_stream = error.code == "log_stream_missing"
        run.journal.debug("metrics_not_sent", code=error.code, kept=len(events))
    else:
        state.untold_metrics = []


def _append(run: Run, path: Path, line: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
    except OSError as error:
        run.journal.warning("metrics_not_written", path=str(path), error=str(error))


def _stamp(line: str) -> int:
    return int(json.loads(line)["_aws"]["Timestamp"])


def _camel(name: str) -> str:
    """Turn a step's name into a part of a metric's.

    >>> _camel("pull_image")
    'PullImage'
    """
    return "".join(word.capitalize() for word in name.split("_"))
