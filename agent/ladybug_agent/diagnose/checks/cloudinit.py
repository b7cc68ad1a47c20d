"""Did cloud-init, which runs the user data, end well?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ladybug_agent.diagnose.check import Check, Found
from ladybug_agent.diagnose.scene import Scene
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.timeline.cloud_init import CloudInitStatus, read_cloud_init

MODULE = re.compile(r"\('([a-z_-]{1,40})'", re.ASCII)
"""How an error begins: `('scripts_user', RuntimeError(...))`. The rest may quote user data."""
READ_ON = "read `cloud-init status --long` and /var/log/cloud-init-output.log"


def _status(scene: Scene) -> Found:
    if scene.world.boot_files is None:
        return Found(message="there is no cloud-init here", is_asked=False)
    try:
        status = read_cloud_init(scene.world.boot_files.cloud_init_status)
    except (OSError, ValueError) as error:
        raise ExternalFailure(
            "cloudinit_unreadable",
            f"cannot read {scene.world.boot_files.cloud_init_status}",
            hint=READ_ON,
        ) from error
    if status is None:
        return Found(message="cloud-init has not run in this boot", is_asked=False)
    return _judged(status)


def _judged(status: CloudInitStatus) -> Found:
    failed = {stage.name: _modules(stage.errors) for stage in status.stages if stage.errors}
    if failed:
        told = "; ".join(f"{name}: {modules}" for name, modules in failed.items())
        raise ExternalFailure(
            "cloudinit_failed", f"cloud-init had errors in {told}", hint=READ_ON, **failed
        )
    warned = {stage.name: f"{len(stage.warnings)} warnings" for stage in status.stages}
    warned = {stage.name: warned[stage.name] for stage in status.stages if stage.warnings}
    if warned:
        return Found(
            message=f"cloud-init is degraded: it warns in {', '.join(warned)}",
            code="cloudinit_degraded",
            evidence=warned,
        )
    if status.running or not status.has_ended:
        return Found(message=f"cloud-init is at {status.running or 'its beginning'}")
    return Found(message="cloud-init has ended well")


def _modules(errors: Iterable[str]) -> str:
    found = [name[1] for error in errors if (name := MODULE.match(error))]
    return ", ".join(found) or "an error without a name"


CHECKS = (
    Check(
        id="cloudinit.status",
        asks="did cloud-init, which runs the user data, end without errors?",
        look=_status,
        follows=("boot.outcome",),
    ),
)
