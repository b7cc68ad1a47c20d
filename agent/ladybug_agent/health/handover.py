"""A repair by another process: a confined health check asks for it, and a later one hears of it.

The check's own unit may not mount. It writes a request, for which `ladybug-repair.path` starts
`ladybug-agent repair`, and that answers. The check keeps count of both, as of repairs of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ladybug_agent.errors import AgentError, Busy, ExternalFailure, reason
from ladybug_agent.files import write_atomically
from ladybug_agent.health.run import Run
from ladybug_agent.state import StateDirectory

REPAIR_S = 60.0
"""What a repair in a process of its own may take."""
ANSWER_S = 90.0
"""After that nobody is waited for: the process was killed, or never started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """How a repair ended; `request` is empty for one that nobody handed over."""

    outcome: Literal["done", "busy", "failed"]
    request: str = ""
    container_id: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""


def asked_in(state: StateDirectory) -> Path:
    """Return the file that is there while a repair is asked for."""
    return state.repair.with_name("repair-asked")


def _answered_in(state: StateDirectory) -> Path:
    return state.repair.with_name("repair-answer.json")


def ended_well(container_id: str) -> Repaired:
    return Repaired(outcome="done", container_id=container_id)


def ended_by(error: AgentError) -> Repaired:
    why = reason(error) or error
    outcome: Literal["busy", "failed"] = "busy" if isinstance(why, Busy) else "failed"
    return Repaired(outcome=outcome, code=why.code, message=str(why), hint=why.hint)


def hand_over(run: Run) -> Repaired | None:
    """Ask for a repair, and remember that; it has ended only if it cannot be asked for."""
    request = f"{run.mono:.3f}"  # of this boot of the machine, like all of the state directory
    state = StateDirectory(run.state_dir)
    try:
        write_atomically(asked_in(state), request)
    except OSError:
        failure = ExternalFailure(
            "state_directory_unusable",
            f"cannot write {asked_in(state)}",
            hint="is /run mounted and not full? see `instance.state_dir`",
        )
        return ended_by(failure)
    run.state.repair_asked, run.state.repair_asked_mono = request, run.mono
    return None


def take_request(state: StateDirectory) -> str:
    """Return what was asked for, once; empty if nobody has asked."""
    try:
        request = asked_in(state).read_text(encoding="ascii")
        asked_in(state).unlink()
    except FileNotFoundError:
        return ""
    return request


def answer(state: StateDirectory, request: str, ending: Repaired) -> None:
    """Say how it ended to the health check that asked, if one did. Raises OSError."""
    if request:
        text = json.dumps(asdict(ending) | {"request": request}, indent=1)
        write_atomically(_answered_in(state), text + "\n")


def heard(run: Run) -> Repaired | None:
    """Return how the repair ended that was handed over, once; None while it goes on."""
    found = _read_answer(StateDirectory(run.state_dir))
    if found is None or found.request != run.state.repair_asked:
        if run.mono - run.state.repair_asked_mono < ANSWER_S:
            return None
        found = ended_by(_unanswered())
    run.state.repair_asked = ""
    return found


def _unanswered() -> ExternalFailure:
    return ExternalFailure(
        "repair_unanswered",
        f"wanted a repair in {REPAIR_S:g} s, and heard of no end of it in {ANSWER_S:g} s",
        hint="`systemctl status ladybug-repair.path ladybug-repair.service` says what became of it",
    )


def _read_answer(state: StateDirectory) -> Repaired | None:
    try:
        return Repaired(**json.loads(_answered_in(state).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
