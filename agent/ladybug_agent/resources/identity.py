"""Who this instance is: the first evidence of a boot."""

from __future__ import annotations

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Refused
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.ports import InstanceMetadata
from ladybug_agent.waiting import BRISK, wait_until

METADATA_TIMEOUT_S = 60.0
"""Instance metadata and the role's credentials are there seconds after boot, or not at all."""


def await_identity(metadata: InstanceMetadata, deadline: Deadline) -> InstanceIdentity:
    """Block until metadata tells who we are and the role has credentials, for at most 60 s.

    Raises Refused if Auto Scaling is already terminating the instance: it must not register.
    """
    soon = deadline.capped(METADATA_TIMEOUT_S)
    identity = wait_until(metadata.identity, "instance metadata", deadline=soon, pace=BRISK)
    wait_until(metadata.credentials, "credentials of the instance role", deadline=soon, pace=BRISK)
    if identity.target_lifecycle_state == "Terminated":
        raise Refused(
            "instance_terminating",
            f"Auto Scaling is terminating {identity.instance_id}",
            hint="nothing to do here: its replacement boots on its own",
        )
    return identity
