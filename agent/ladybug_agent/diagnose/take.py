"""The whole diagnosis: select, examine, find causes, compare viewpoints, say who it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ladybug_agent.diagnose.causes import find_causes
from ladybug_agent.diagnose.check import Check, Result
from ladybug_agent.diagnose.diagnosis import Diagnosis
from ladybug_agent.diagnose.examine import examine
from ladybug_agent.diagnose.host import host_of, names_for_commands, verdict_facts
from ladybug_agent.diagnose.remedies import filled
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.diagnose.selection import Selection, select
from ladybug_agent.diagnose.viewpoints import dissent_of, views_of


def take_diagnosis(scene: Scene, checks: Sequence[Check], wish: Selection) -> Diagnosis:
    """Ask what is wished for. Blocks at most to the scene's deadline. Raises ConfigError.

    What is left out has no result: a cause that is not asked explains nothing.
    """
    chosen = select(checks, wish)
    began, taken_at = scene.clock.monotonic(), scene.clock.utcnow()
    seen = examine(scene, chosen)
    results = _with_filled_remedies(find_causes(chosen, seen), names_for_commands(scene))
    views = views_of({result.id: result for result in results})
    return Diagnosis(
        host=host_of(scene),
        taken_at=taken_at,
        duration_s=scene.clock.monotonic() - began,
        results=results,
        views=views,
        dissent=dissent_of(views),
        left_out=tuple(check.id for check in checks if check not in chosen),
        verdict_facts=verdict_facts(scene, results),
    )


def _with_filled_remedies(
    results: Sequence[Result], names: Mapping[str, str]
) -> tuple[Result, ...]:
    return tuple(
        replace(one, remedy=filled(one.remedy, names)) if one.remedy else one for one in results
    )
