"""Give a lifecycle hook more time while a long boot or drain is under way."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.ports.lifecycle import LifecycleHook

log = structlog.get_logger(__name__)

ENDS_S = 0.2


@contextmanager
def beating(hook: LifecycleHook | None, every_s: float, deadline: Deadline) -> Iterator[None]:
    """Send a heartbeat every `every_s`, but not beyond the deadline: what hangs must not hold on.

    The first comes after `every_s`, so that a boot of ordinary length sends none.
    """
    if hook is None:
        yield
        return
    own = Deadline(deadline.clock, deadline.at)
    context = contextvars.copy_context()  # so that its log lines carry boot_id
    thread = threading.Thread(
        target=context.run, args=(_beat, hook, every_s, own), name="hook-heartbeats", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        own.cancel()
        thread.join(ENDS_S)  # one that is in the middle of a call is left behind


def _beat(hook: LifecycleHook, every_s: float, deadline: Deadline) -> None:
    while True:
        deadline.pause(every_s)
        if deadline.is_over:
            return
        outcome = hook.heartbeat()
        log.debug("hook_heartbeat", verdict=outcome.verdict, detail=outcome.detail)
