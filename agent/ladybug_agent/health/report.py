"""The result of one health check, for people and programs; `ladybug.health-check/1`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ladybug_agent import __version__
from ladybug_agent.exit_status import ExitStatus
from ladybug_agent.health.run import RegistryWord, Run, Verdict

SCHEMA = "ladybug.health-check/1"
MARKS = {"pass": "ok", "fail": "BAD", "unknown": "?", "skip": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    run: Run
    verdict: Verdict
    registry: RegistryWord

    @property
    def exit_status(self) -> ExitStatus:
        """Fenced before unhealthy before untold: the first is the most to be acted upon."""
        if self.registry == "fenced":
            return ExitStatus.FENCED
        if not self.run.state.is_healthy:
            return ExitStatus.NOT_GOOD
        if self.registry in {"failed", "missing"}:
            return ExitStatus.RESULT_NOT_WRITTEN
        return ExitStatus.GOOD

    def document(self) -> dict[str, Any]:
        state = self.run.state
        return {
            "schema": SCHEMA,
            "agent_version": __version__,
            "instance_id": self.run.instance_id,
            "status": state.status,
            "reason_code": "" if state.is_healthy else state.reason_code,
            "since": state.since,
            "degraded_reasons": list(self.verdict.freshness.reasons),
            "checks": [asdict(check) for check in self.verdict.look.checks],
            "ok_streak": state.ok_streak,
            "fail_streak": state.fail_streak,
            "flapping": state.is_flapping,
            "restarts_in_window": len(state.restarts_mono),
            "registry": self.registry,
            "hb_seq": state.hb_seq,
            "lease_expires_at": state.lease_expires_at,
            "desired": state.desired,
            "transitions": state.transitions,
        }

    def lines(self) -> list[str]:
        state = self.run.state
        why = "" if state.is_healthy else f": {state.reason_code}"
        degraded = f" (degraded: {', '.join(state.degraded_reasons)})" * bool(
            state.degraded_reasons
        )
        lines = [f"{state.status}{why}{degraded}"]
        for check in self.verdict.look.checks:
            code = f"{check.code}: " if check.code else ""
            lines.append(f"  {MARKS[check.verdict]:<3} {check.name}: {code}{check.text}")
        return [*lines, f"  registry: {self.registry}, heartbeat {state.hb_seq}"]
