"""Which checks are asked: by id or group, as `--only`, `--skip` and `--quick` say."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from ladybug_agent.diagnose.check import Check
from ladybug_agent.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    is_quick: bool = False


def select(checks: Sequence[Check], wish: Selection) -> tuple[Check, ...]:
    """Return the checks to ask, in their order. Raises ConfigError for an id that is none."""
    refuse_unknown(checks, (*wish.only, *wish.skip))
    return tuple(
        check
        for check in checks
        if (not wish.only or _is_named(check, wish.only))
        and not _is_named(check, wish.skip)
        and (check.is_quick or not wish.is_quick)
    )


def refuse_unknown(checks: Sequence[Check], names: Sequence[str]) -> None:
    known = sorted({check.id for check in checks} | {check.group for check in checks})
    for name in names:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        guess = f"did you mean {', '.join(f'`{one}`' for one in near)}? " if near else ""
        raise ConfigError(
            "check_unknown",
            f"there is no check and no group `{name}`",
            hint=f"{guess}`ladybug-agent diagnose --list` names them all",
        )


def _is_named(check: Check, names: Sequence[str]) -> bool:
    return check.id in names or check.group in names
