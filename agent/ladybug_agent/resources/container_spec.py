"""How the Graph API container runs, worked out from evidence and configuration."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from ladybug_agent.config import Config
from ladybug_agent.model.containers import BindMount, ContainerSpec
from ladybug_agent.resources.container_rules import DATABASE_PATH, SPEC_LABEL
from ladybug_agent.resources.servable import ServableSnapshot

GIB = 1024**3


def container_spec(
    servable: ServableSnapshot, config: Config, memory_total_bytes: int
) -> ContainerSpec:
    """Return the specification; its label is a digest of all the rest of it."""
    rules = config.container
    spec = ContainerSpec(
        name=rules.name,
        image_id=servable.image.image_id,
        user=f"{rules.uid}:{rules.uid}",
        environment=_environment(servable, config),
        # Bound into the digest: a container that holds an earlier mount must not count as ours.
        labels={"org.ladybugdb.agent.mount": servable.data.generation},
        data=BindMount(source=str(servable.data.directory), target=DATABASE_PATH, read_only=True),
        tmpfs={"/tmp": "mode=1777,size=256m", "/app/logs": f"uid={rules.uid},size=256m"},  # noqa: S108 - inside the container
        bind_address=rules.bind_address,
        port=rules.port,
        memory_bytes=rules.memory_bytes or judge_memory_limit(memory_total_bytes),
        pids_limit=rules.pids_limit,
        log_driver=rules.log_driver,
    )
    spec.labels[SPEC_LABEL] = _digest(spec)
    return spec


def judge_memory_limit(total_bytes: int) -> int:
    """Return what the container may use: all but a reserve for the system.

    2 GiB are kept back above 8 GiB, 1 GiB above 4 GiB, a quarter below: a small machine without
    a limit would let the kernel choose what to kill.

    >>> [judge_memory_limit(total * GIB) // GIB for total in (2, 4, 6, 16)]
    [1, 3, 5, 14]
    """
    if total_bytes > 8 * GIB:
        return total_bytes - 2 * GIB
    if total_bytes > 4 * GIB:
        return total_bytes - GIB
    return total_bytes * 3 // 4


def _environment(servable: ServableSnapshot, config: Config) -> dict[str, str]:
    instance = servable.data.instance
    rules = config.container
    return {
        "DATABASE_TYPE": "ladybug",
        "GRAPH_BACKEND_TYPE": "ladybug",
        "LBUG_NODE_TYPE": "shared_replica",
        "LBUG_ROLE": "replica",
        "LBUG_READ_ONLY": "true",
        "DOCKER_PROFILE": rules.docker_profile,
        "LBUG_DATABASE_PATH": DATABASE_PATH,
        "LBUG_PORT": str(rules.port),
        "REPOSITORY_TYPE": "shared",
        "SHARED_REPOSITORIES": ",".join(config.data.databases),
        "CLUSTER_TIER": config.instance.cluster_tier,
        "ENVIRONMENT": config.instance.environment,
        "AWS_REGION": instance.region,
        "INSTANCE_ID": instance.instance_id,
        "INSTANCE_IP": instance.private_ip,
        "INSTANCE_AZ": instance.availability_zone,
        "INSTANCE_TYPE": instance.instance_type,
        "LOG_LEVEL": "INFO",
        "OTEL_ENABLED": "false",
        **rules.environment,
    }


def _digest(spec: ContainerSpec) -> str:
    text = json.dumps(asdict(spec), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
