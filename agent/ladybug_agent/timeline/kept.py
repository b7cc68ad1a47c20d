"""The boots that are kept, as timelines; and which of them is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ladybug_agent.errors import AgentError, ConfigError
from ladybug_agent.kept_files import ended_before, kept_documents, read_kept, runs_in
from ladybug_agent.state import StateDirectory
from ladybug_agent.status import boot_outcome
from ladybug_agent.timeline.assemble import Sources, assemble
from ladybug_agent.timeline.cloud_init import CloudInitStatus, cloud_init_status
from ladybug_agent.timeline.model import Timeline
from ladybug_agent.timeline.runs import Run, known_outcome, run_of

MOST_BACK = 99
"""A larger number is taken for the beginning of a boot's id."""
MOST_CHARS = 64
NOT_KEPT = "systemd: its times are not kept"


def earlier_boots(directory: Path | None, boot_id: str) -> list[Timeline]:
    """Return the boots before this one, the latest first; none if none can be read."""
    if directory is None:
        return []
    try:
        kept = [one for one in kept_documents(directory) if one.get("boot_id") != boot_id]
    except OSError:
        return []
    found = [timeline for one in kept if (timeline := timeline_of(one))]
    return sorted(found, key=lambda one: one.kernel_started_at, reverse=True)


def this_boot_by_records(state_dir: Path, boots_dir: Path | None, boot_id: str) -> Timeline:
    """Return this boot by the agent's own records alone, which takes no time. Never fails."""
    try:
        outcome, record = boot_outcome(StateDirectory(state_dir))
    except AgentError:
        outcome, record = "absent", {}
    told = known_outcome(outcome)
    runs = all_runs(record | {"outcome": told} if record else {}, boots_dir, boot_id)
    return assemble(Sources(boot_id=boot_id, outcome=told, runs=runs))


def all_runs(record: Mapping[str, object], boots_dir: Path | None, boot_id: str) -> tuple[Run, ...]:
    """Return the runs of this boot: the kept ones, and that of the record, which is newer."""
    kept = runs_in(read_kept(boots_dir, boot_id)) if boots_dir else []
    runs = [run for run in map(run_of, kept) if run]
    last = run_of(record)
    if last:
        runs = [run for run in runs if run.began != last.began] + [last]
    return tuple(runs)


def timeline_of(kept: Mapping[str, object]) -> Timeline | None:
    """Return a boot of the past; None if nothing of it can be put on the clock."""
    runs = tuple(run for record in runs_in(kept) if (run := run_of(ended_before(record))))
    if not runs:
        return None
    around = kept.get("around")
    around = around if isinstance(around, dict) else {}
    told = Sources(
        boot_id=str(kept.get("boot_id"))[:MOST_CHARS],
        outcome=runs[-1].outcome,
        runs=runs,
        cloud_init=_cloud_init(around.get("cloud_init")),
        cloud_init_log=_lines(around.get("cloud_init_log")),
        stub=_lines(around.get("stub")),
        missing=(NOT_KEPT,),
    )
    return assemble(told)


def choose(boots: Sequence[Timeline], wanted: str) -> Timeline:
    """Return a boot by its number (0 is this one, -1 the one before) or its id's beginning.

    Raises ConfigError if there is none, or more than one.
    """
    number = _number(wanted)
    if number is not None:
        found = [boots[number]] if number < len(boots) else []
    else:
        found = [one for one in boots if one.boot_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise ConfigError(
        "boot_unknown",
        f"wanted the boot {wanted}, found {len(found) or 'no'} such boots among {len(boots)}",
        hint="`ladybug-agent timeline --list` shows those that are kept",
    )


def _number(wanted: str) -> int | None:
    """Return how many boots back.

    >>> _number("0"), _number("-3"), _number("3f2a91bc")
    (0, 3, None)
    """
    digits = wanted.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > MOST_BACK:
        return None
    return int(digits)


def _cloud_init(document: object) -> CloudInitStatus | None:
    try:
        return cloud_init_status(document)
    except ValueError:
        return None


def _lines(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
