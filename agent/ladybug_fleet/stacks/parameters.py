"""What a change set is asked for with: parameters that are given, kept, or the template's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ladybug_agent.errors import ConfigError
from ladybug_fleet.stacks.model import StackFacts, TemplateParameter


def complete_parameters(
    given: Mapping[str, str | None],
    declared: Sequence[TemplateParameter],
    stack: StackFacts | None,
) -> dict[str, str | None]:
    """Return what to send; None keeps the stack's own value, which CloudFormation would reset.

    Raises ConfigError for a parameter that the template does not have, or has no value for.
    """
    names = {one.name for one in declared}
    if unknown := sorted(set(given) - names):
        raise ConfigError(
            "template_parameter_unknown",
            f"wanted parameters of the template, found {', '.join(unknown)}",
            hint=f"the template has {', '.join(sorted(names)) or 'none'}",
        )
    kept = names & set(stack.parameters if stack else ())
    missing = sorted(
        one.name
        for one in declared
        if not one.has_default and one.name not in given and one.name not in kept
    )
    if missing:
        raise ConfigError(
            "template_parameter_missing",
            f"wanted a value for each parameter without a default, found none for"
            f" {', '.join(missing)}",
            hint=f"--parameter {missing[0]}=VALUE",
        )
    return {**dict.fromkeys(sorted(kept - set(given))), **given}


def change_set_refused(words: str) -> ConfigError:
    """Return the error for what CloudFormation does not make a change set of, in its words."""
    return ConfigError(
        "change_set_failed",
        f"wanted a change set, found that CloudFormation refuses to make it: {words}",
        hint="mend the template, the parameters or --capability; nothing was changed",
    )
