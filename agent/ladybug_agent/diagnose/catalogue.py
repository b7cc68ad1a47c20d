"""All checks, causes before consequences; the order in which results are told."""

from __future__ import annotations

from itertools import chain

from ladybug_agent.diagnose.check import Check
from ladybug_agent.diagnose.checks import (
    agent,
    fleet,
    iam,
    image_registry,
    network,
    registry,
    volume,
)

ORDER = (
    "agent.config",
    "lifecycle.departure",
    "metadata.token",
    "metadata.identity",
    "time.skew",
    "network.resolve",
    "network.endpoints",
    "iam.credentials",
    "iam.identity",
    "iam.permissions",
    "machine.memory",
    "machine.root_disk",
    "volume.attachment",
    "volume.status",
    "volume.device",
    "volume.kernel_log",
    "engine.socket",
    "image.registry",
    "boot.outcome",
    "boot.previous",
    "cloudinit.status",
    "systemd.units",
    "systemd.timers",
    "filesystem.mount",
    "filesystem.databases",
    "image.present",
    "container.running",
    "container.spec",
    "container.restarts",
    "service.health",
    "service.query",
    "data.freshness",
    "data.hydration",
    "registry.row",
    "registry.lease",
    "registry.fence",
    "registry.status",
    "loadbalancer.target",
    "autoscaling.instance",
)
"""Ids are public API. Whatever a check needs or follows stands before it."""
GROUPS: tuple[tuple[Check, ...], ...] = (
    agent.CHECKS,
    network.CHECKS,
    iam.CHECKS,
    volume.CHECKS,
    image_registry.CHECKS,
    registry.CHECKS,
    fleet.CHECKS,
)
CHECKS: tuple[Check, ...] = tuple(sorted(chain(*GROUPS), key=lambda check: ORDER.index(check.id)))
