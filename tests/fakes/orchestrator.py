"""Someone who waits to hear how the boot went."""

from __future__ import annotations

from dataclasses import dataclass, field

from ladybug_agent.model import SignalOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the orchestrator has been told."""

    success: bool
    reason: str


@dataclass
class FakeOrchestrator:
    """Remembers what it heard, and answers with the verdict it was given."""

    target: str = "cloudformation"
    verdict: str = "accepted"
    detail: str = ""
    told: list[Told] = field(default_factory=list)

    def signal(self, *, success: bool, reason: str) -> SignalOutcome:
        self.told.append(Told(success=success, reason=reason))
        return SignalOutcome(target=self.target, verdict=self.verdict, detail=self.detail)
