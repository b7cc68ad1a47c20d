"""What a container of the agent's must be like, for the boot as for each health check."""

from __future__ import annotations

from ladybug_agent.errors import Refused
from ladybug_agent.model.containers import BindMount, ContainerFacts

SPEC_LABEL = "org.ladybugdb.agent.spec"
DATABASE_PATH = "/app/data/lbug-dbs"
"""Where the container sees the databases."""


def refuse_foreign(found: ContainerFacts) -> None:
    if SPEC_LABEL not in found.labels:
        raise Refused(
            "container_name_taken",
            f"a container named {found.name} ({found.status}) was not made by the agent",
            hint=f"if nothing needs it: `docker rm --force {found.name}`",
            container_id=found.container_id,
        )


def refuse_unrestricted(found: ContainerFacts, *, user: str, data: BindMount) -> None:
    """Look at what the engine enforces, not at what was asked for."""
    enforced = {
        "read-only root": found.read_only_root,
        "read-only data": found.binds == (data,),
        "dropped capabilities": found.capabilities_dropped == {"ALL"},
        "no new privileges": "no-new-privileges" in found.security_options,
        "unprivileged user": found.user == user,
        "no restart by the engine": found.restart_policy in {"no", ""},
    }
    if missing := [name for name, holds in enforced.items() if not holds]:
        raise Refused(
            "container_unrestricted",
            f"the container {found.name} runs without: {', '.join(missing)}",
            hint=f"`docker rm --force {found.name}`, then run the boot again",
        )
