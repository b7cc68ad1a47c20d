"""What to say when the Docker engine is not there. Needs no library."""

from __future__ import annotations

from ladybug_agent.errors import ExternalFailure

ENGINE_HINT = "is the Docker engine running? `systemctl status docker`"


def engine_unreachable(act: str, base_url: str) -> ExternalFailure:
    return ExternalFailure(
        "container_engine_unreachable",
        f"wanted to {act}, found no Docker engine at {base_url}",
        hint=ENGINE_HINT,
    )


def engine_slow(act: str, base_url: str) -> ExternalFailure:
    return ExternalFailure(
        "container_engine_unreachable",
        f"wanted to {act}, the Docker engine at {base_url} took the request and gave no answer",
        hint="what is it busy with? `journalctl --unit docker`; is its disk slow, or full?",
    )


def engine_forbidden(act: str, base_url: str) -> ExternalFailure:
    return ExternalFailure(
        "container_engine_unreachable",
        f"wanted to {act}, this user may not use the Docker engine at {base_url}",
        hint="run it with sudo",
    )
