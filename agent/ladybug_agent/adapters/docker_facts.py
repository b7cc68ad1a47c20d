"""What the Docker engine reports of containers and images, as our facts. Needs no library."""

from __future__ import annotations

from typing import Any

from ladybug_agent.model.containers import BindMount, ContainerFacts, ImageFacts


def container_facts(found: dict[str, Any]) -> ContainerFacts:
    """Raises KeyError or TypeError for what is no such report."""
    state, host = found["State"], found["HostConfig"]
    return ContainerFacts(
        container_id=found["Id"],
        name=found["Name"].lstrip("/"),
        image_id=found["Image"],
        status=state["Status"],
        exit_code=state["ExitCode"],
        oom_killed=state["OOMKilled"],
        labels=dict(found["Config"].get("Labels") or {}),
        user=found["Config"].get("User") or "",
        read_only_root=host["ReadonlyRootfs"],
        capabilities_dropped=frozenset(host.get("CapDrop") or ()),
        security_options=frozenset(host.get("SecurityOpt") or ()),
        restart_policy=(host.get("RestartPolicy") or {}).get("Name") or "no",
        binds=tuple(
            BindMount(
                source=mount["Source"], target=mount["Destination"], read_only=not mount["RW"]
            )
            for mount in found["Mounts"]
            if mount["Type"] == "bind"
        ),
        pid=state.get("Pid") or 0,
    )


def image_facts(found: dict[str, Any]) -> ImageFacts:
    """Raises KeyError or TypeError for what is no such report."""
    return ImageFacts(
        image_id=found["Id"],
        repository_digests=tuple(found.get("RepoDigests") or ()),
        labels=dict((found.get("Config") or {}).get("Labels") or {}),
    )
