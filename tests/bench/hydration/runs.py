"""One measured run: the release, a program beside the client or before it, the answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from bench import measured
from bench.hydration.programs import Program, helper
from bench.hydration.stands import Mounted, Stand
from ladybug_lab.volumes.lazy.volume import BLOCK_BYTES, LazyRules
from support.asking import asking
from support.graph_mix import USEFUL

_PATIENCE_S = 180.0

Command = Callable[[Mounted], Program]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How the client is helped: by a program that starts with it, or has ended before it starts."""

    command: Command | None = None
    first: bool = False


COLD = Method()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Seconds from the release to the open database and to each answer; blocks that it touched."""

    opened_s: float
    answered_s: list[float]
    touched: int

    @property
    def useful_s(self) -> float:
        return self.answered_s[USEFUL - 1]


def answer(stand: Stand, rules: LazyRules, seed: int, method: Method) -> Answered:
    """Mount anew and measure to the last answer; raise if an answer is wrong or a program fails."""
    with ExitStack() as stack:
        mounted = stack.enter_context(stand.cold(rules))
        client = stack.enter_context(asking(mounted.database, stand.size, seed))
        program = method.command(mounted) if method.command else None
        help_ = stack.enter_context(helper(program)) if program else None
        at_rest = mounted.touched_count()
        began = time.monotonic()
        if help_ and method.first:
            help_.begin()
            help_.wait()
        client.release()
        if help_ and not method.first:
            help_.begin()
        answers = client.answers()
        if help_:
            help_.wait()
        touched = mounted.touched_count() - at_rest
    answers.check(stand.truth(seed, USEFUL))
    return Answered(
        opened_s=answers.opened - began,
        answered_s=[moment - began for moment in answers.answered],
        touched=touched,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a program used, by wait4(2), and what it made the volume fetch."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    touched_bytes: int


def use(stand: Stand, rules: LazyRules, command: Command) -> Used:
    """Mount anew and run one program alone."""
    with stand.cold(rules) as mounted:
        program = command(mounted)
        waits = [measured.READY] if program.waits else []
        at_rest = mounted.touched_count()
        done = subprocess.run(
            [sys.executable, "-S", measured.__file__, *waits, *program.argv],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=_PATIENCE_S,
        )
        touched_bytes = (mounted.touched_count() - at_rest) * BLOCK_BYTES
    return Used(**json.loads(done.stdout), touched_bytes=touched_bytes)
