"""How a boot is put into words: the same in text, JSON and picture."""

from __future__ import annotations

from collections.abc import Iterator

from ladybug_agent.timeline.model import FIRST_ANSWER, LOAD, Timeline


def headline(timeline: Timeline) -> str:
    """Return what became of the boot, in one line."""
    whose = f" of {timeline.instance_id}" if timeline.instance_id else ""
    told = timeline.outcome
    if timeline.outcome == "absent":
        told = "the agent has not run"
    elif timeline.registered_s is not None:
        told += f" {timeline.registered_s:.1f} s after the kernel started"
    elif step := timeline.failed_at:
        told += f" at {step.name}: {timeline.code or step.code}"
    else:
        at = ", ".join(step.name for step in timeline.spans if step.is_left)
        told += f" at {at}" * bool(at) + f": {timeline.code}" * bool(timeline.code)
    return f"boot {timeline.boot_id[:8] or 'unknown'}{whose}: {told}"


def particulars(timeline: Timeline) -> Iterator[str]:
    """Yield what else is worth a line: when, how fast, what to do."""
    started = timeline.kernel_started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    version = f", agent {timeline.agent_version}" if timeline.agent_version else ""
    yield f"kernel started at {started}{version}"
    if took_s := agent_s(timeline):
        yield f"{seconds_text(took_s)} s from the agent's first step to the registration"
    if timeline.milestones:
        yield ", ".join(f"{one.name} {one.at_s:.1f} s" for one in timeline.milestones)
    if timeline.hint:
        yield f"to do: {timeline.hint}"


def agent_s(timeline: Timeline) -> float | None:
    """Return how long the agent's steps took to the registration; None if there was none.

    Not from the agent's loading on: systemd's times are not kept of earlier boots.
    """
    steps = [
        span.started_s
        for span in timeline.spans
        if span.source == "agent" and span.is_of_the_boot and span.name != LOAD
    ]
    registered_s = timeline.registered_s
    return registered_s - min(steps) if registered_s is not None and steps else None


def first_answer_s(timeline: Timeline) -> float | None:
    return next((one.at_s for one in timeline.milestones if one.name == FIRST_ANSWER), None)


def seconds_text(seconds: float) -> str:
    """Return a duration for people, three digits of it.

    >>> [seconds_text(one) for one in (0.0004, 0.1234, 12.34, 123.4, 8000)]
    ['0.000', '0.123', '12.3', '123', '8000']
    """
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.3f}"
    return f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"  # noqa: PLR2004
