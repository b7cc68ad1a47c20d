"""All checks, causes before consequences; the order in which results are told."""

from __future__ import annotations

from itertools import chain

from ladybug_agent.diagnose.check import Check
from ladybug_agent.diagnose.checks import (
    agent,
    boot,
    cloudinit,
    container,
    data,
    engine,
    filesystem,
    image,
    lifecycle,
    machine,
    metadata,
    service,
    systemd,
    volume_disk,
)

ORDER = (
    "agent.config",
    "lifecycle.departure",
    "metadata.token",
    "metadata.identity",
    "network.resolve",
    "network.endpoints",
    "time.skew",
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
    lifecycle.CHECKS,
    metadata.CHECKS,
    machine.CHECKS,
    volume_disk.CHECKS,
    engine.CHECKS,
    boot.CHECKS,
    cloudinit.CHECKS,
    systemd.CHECKS,
    filesystem.CHECKS,
    image.CHECKS,
    container.CHECKS,
    service.CHECKS,
    data.CHECKS,
)
CHECKS: tuple[Check, ...] = tuple(sorted(chain(*GROUPS), key=lambda check: ORDER.index(check.id)))
