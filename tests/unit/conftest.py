"""What every unit test gets: logs that do not mix with its output, and a clock of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from fakes.clock import FakeClock
from ladybug_agent.clock import Deadline
from ladybug_agent.config import LoggingConfig
from ladybug_agent.logs import configure_logs


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def deadline(clock: FakeClock) -> Deadline:
    """Ten minutes, which no wait in a happy world comes near."""
    return Deadline.after(600.0, clock)


@pytest.fixture(autouse=True)
def log_output() -> Iterator[io.StringIO]:
    """Collect the log of the test, all levels, as JSON lines."""
    out = io.StringIO()
    configure_logs(LoggingConfig(level="debug", format="json"), out)
    yield out
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
