"""The forms of one diagnosis: text, JSON, page, bundle. None is made of what was not redacted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ladybug_agent.clock import Clock, Deadline
from ladybug_agent.command_line.bundle_target import BundleTarget
from ladybug_agent.config import Config
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.redacted import redacted
from ladybug_agent.redaction.environment import remember_environment
from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.timeline.model import Timeline

FOR_EVER_S = 3600.0
"""The limits of a bundle are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """A diagnosis without secrets, and what its forms are made of beside it."""

    diagnosis: Diagnosis
    config: Config
    clock: Clock

    @classmethod
    def of(cls, diagnosis: Diagnosis, config: Config, clock: Clock) -> Forms:
        """Hide every secret that the examination has loaded, or that looks like one."""
        remember_environment(config.container.environment)
        return cls(diagnosis=redacted(diagnosis, Redactor()), config=config, clock=clock)

    def written(self, form: str, bundle: str = "") -> str:
        """Return the diagnosis as `text`, `json` or `html`."""
        if form == "json":
            from ladybug_agent.diagnose.shrink import json_of

            return json_of(self.diagnosis, bundle)
        if form == "html":
            from ladybug_agent.diagnose.report.page import page

            return page(self.diagnosis, self._boot())
        from ladybug_agent.diagnose.text import text_of

        return text_of(self.diagnosis)

    def bundled(self, target: BundleTarget, config_file: Path) -> str:
        """Make a bundle; return where it is. Raises AgentError if there is none in the end."""
        from ladybug_agent.diagnose.bundle.contents import Sources
        from ladybug_agent.diagnose.bundle.make import Request, make_bundle
        from ladybug_agent.interrupts import cancel_on_signals
        from ladybug_agent.wiring_bundle import build_bundle_world

        endings = {"json": "json", "text": "txt", "html": "html"}
        texts = {f"diagnosis.{end}": self.written(form) for form, end in endings.items()}
        request = Request(
            target=target,
            sources=Sources(config=self.config, config_file=config_file, texts=texts),
            instance=self.diagnosis.host.get("instance_id", ""),
            taken_at=self.diagnosis.taken_at,
        )
        deadline = Deadline.after(FOR_EVER_S, self.clock)
        cancel_on_signals(deadline)  # what has been collected by then is packed
        return make_bundle(request, build_bundle_world(self.config, self.clock), deadline)

    def _boot(self) -> Timeline:
        from ladybug_agent.timeline.told import this_boot
        from ladybug_agent.wiring_timeline import build_look

        return this_boot(build_look(self.config, self.clock))
