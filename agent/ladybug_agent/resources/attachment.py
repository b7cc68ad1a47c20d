"""EC2's side of the data volume: asked at EC2's own pace, and remembered in between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import structlog

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, NotYet
from ladybug_agent.model.storage import AttachedVolume
from ladybug_agent.ports import InstanceMetadata
from ladybug_agent.ports.storage import Ec2
from ladybug_agent.waiting import Pace

log = structlog.get_logger(__name__)

# Fifty replicas asking once a second would empty EC2's token bucket for Describe calls (20/s).
PACE = Pace(2.0, 15.0)
CROSS_CHECK_S = 20.0
"""How long a disk that names itself waits for EC2's word on it."""
NO_DISK_S = 5.0
"""How long EC2 is not asked while there is no disk: it attaches volumes within 1 to 4 s."""
THROTTLED = "aws_throttled"
PASSING = frozenset({THROTTLED, "aws_unreachable", "aws_call_failed"})


Known = Literal["nothing", "half", "named", "mapped"]
"""What is known of the disk without EC2: only its id or its name; both; and metadata agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What EC2 said last, or why it said nothing; `final` when more asking is not worth it."""

    volumes: tuple[AttachedVolume, ...] = ()
    silence: AgentError | None = None
    final: bool = False


@dataclass(slots=True)
class Inquiry:
    """Asks EC2 once, and then again only as often as its token bucket allows."""

    ec2: Ec2
    instance_id: str
    deadline: Deadline
    _told: Told = field(default_factory=Told)
    _asked: int = 0
    _next_at: float | None = None
    _seen_at: float | None = None

    def ask(self, known: Known) -> Told:
        """Return what EC2 says, from memory if it was asked a moment ago. Blocks for one call.

        Once the disk has named itself, EC2 has 20 s to confirm it. Where metadata agrees with the
        disk, an EC2 that is throttled is not asked again: of a fleet that boots at once it answers
        a few whatever the others do, and all their asking would only make it answer fewer.
        """
        now = self.deadline.clock.monotonic()
        if self._next_at is None:
            may_wait = known == "nothing" and self.deadline.remaining_s > 2 * NO_DISK_S
            self._next_at = now + NO_DISK_S if may_wait else now
        if known in {"named", "mapped"} and self._seen_at is None:
            self._seen_at = self._next_at = now  # what EC2 said before is out of date
        if now >= self._next_at and not self._is_hopeless:
            self._asked += 1
            self._told = self._ask_now()
            now = self.deadline.clock.monotonic()
            self._next_at = now + PACE.pause_s(self._asked)
        waited_s = 0.0 if self._seen_at is None else now - self._seen_at
        is_enough = waited_s >= CROSS_CHECK_S or (known == "mapped" and self._is_throttled)
        return replace(self._told, final=self._is_hopeless or is_enough)

    def _ask_now(self) -> Told:
        try:
            return Told(volumes=self.ec2.attached_volumes(self.instance_id))
        except ExternalFailure as error:
            log.debug("describe_call_failed", code=error.code, error=str(error))
            return Told(silence=error)

    @property
    def _is_throttled(self) -> bool:
        return self._told.silence is not None and self._told.silence.code == THROTTLED

    @property
    def _is_hopeless(self) -> bool:
        return self._told.silence is not None and not is_passing(self._told.silence)


def is_passing(error: AgentError) -> bool:
    """Whether another try may not meet the failure again."""
    return error.code in PASSING


def not_attached(volume: AttachedVolume) -> NotYet:
    """Return what to say of a volume that EC2 is still attaching, or is detaching."""
    return NotYet(
        "volume_not_attached",
        f"{volume.volume_id} is {volume.attachment_state}",
        hint="attaching takes 1 to 4 s; if it stays so, or is being detached, replace the instance",
    )


def inspect_mapping(metadata: InstanceMetadata) -> dict[str, str]:
    """Return the launch template's device names by role; empty if metadata cannot tell now.

    It only adds to what disks and EC2 say, so that it is asked once and never waited for.
    """
    try:
        return dict(metadata.block_device_mapping())
    except (NotYet, ExternalFailure) as error:
        log.debug("mapping_not_read", code=error.code, error=str(error))
        return {}


def bare_device_name(name: str) -> str:
    """Return the name as EC2, a launch template and Xen all mean it.

    EC2 gives names with or without `/dev/`, and what it calls `sdf` a guest may call `xvdf`.

    >>> bare_device_name("/dev/sdf"), bare_device_name("xvdf")
    ('f', 'f')
    """
    return name.removeprefix("/dev/").removeprefix("xvd").removeprefix("sd")
