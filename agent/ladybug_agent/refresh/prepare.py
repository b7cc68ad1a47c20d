"""All of a refresh that can be done while the old container serves: pull, verify, open."""

from __future__ import annotations

from contextlib import ExitStack

from ladybug_agent.boot import Boot
from ladybug_agent.data_branch import prepare_data
from ladybug_agent.engine_steps import check_served
from ladybug_agent.errors import Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.resources.image import PulledImage, ensure_image, parse_image_reference
from ladybug_agent.resources.servable import ServableSnapshot, judge_servable
from ladybug_agent.resources.snapshot import PendingRecovery


def prepare(boot: Boot, instance: InstanceIdentity, held: ExitStack) -> ServableSnapshot:
    """Return the evidence for the new container; `held` keeps the volume pinned."""
    image = _pull(boot)
    # Nothing is read ahead: what serves has touched what the next will need.
    data = prepare_data(boot, instance, held, lambda _: None)
    if isinstance(data, PendingRecovery):
        raise Refused(
            "refresh_needs_recovery",
            "the databases want a recovery, which only a boot does",
            hint="replace the instance, or run `ladybug-agent bootstrap`",
        )
    with boot.record.step("open_databases") as step:
        servable = judge_servable(data, image, boot.config.container.storage_versions)
        opened = check_served(boot, servable)
        step.note(version_check=servable.version_check, engine=opened.engine if opened else "")
    return servable


def _pull(boot: Boot) -> PulledImage:
    rules, world = boot.config.container, boot.world
    with boot.record.step("pull_image") as step:
        image = ensure_image(
            world.engine,
            parse_image_reference(rules.image),
            world.image_registry.login,
            lambda count: step.note(downloaded_bytes=count),
            boot.deadline.capped(rules.pull_timeout_s),
        )
        step.note(image=image.configured, digest=image.digest)
    return image
