"""Structured logs on standard error: JSON for the journal, readable on a terminal."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from ladybug_agent.config import LoggingConfig
from ladybug_agent.record import StepRecord

log = structlog.get_logger(__name__)


def configure_logs(settings: LoggingConfig, stream: TextIO | None = None, **facts: object) -> None:
    """Set up structlog for the process; `facts` (verb, boot_id) go on every line."""
    out = stream or sys.stderr
    as_text = settings.format == "text" or (settings.format == "auto" and out.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if as_text
        else structlog.processors.JSONRenderer(default=str)
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**facts)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Forgiving(out))),
        cache_logger_on_first_use=False,
    )


class _Forgiving:
    """A stream whose reader may go away: a log that nobody reads must not fail a boot."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: closed on our side
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def log_step(step: StepRecord) -> None:
    """Write one line for a step's start and one for its end."""
    if step.status == "running":
        log.info("step_started", step=step.name)
        return
    write = log.error if step.status == "failed" else log.info
    facts = {**step.facts, "error": step.error} if step.error else step.facts
    write(f"step_{step.status}", step=step.name, duration_s=step.duration_s, **facts)
