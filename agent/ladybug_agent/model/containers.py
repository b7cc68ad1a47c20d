"""Plain facts about images and containers: frozen, no behaviour."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from ladybug_agent.redaction.known import remember

ONE_SHOT_TEXT_BYTES = 64 * 1024
ONE_SHOT_LABEL = "org.ladybugdb.agent.one-shot"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLogin:
    """A user name and password for one image registry."""

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        remember(self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image that the container engine has."""

    image_id: str
    repository_digests: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindMount:
    """A directory of the host inside a container."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """A container as the engine reports it, running or not."""

    container_id: str
    name: str
    image_id: str
    status: str
    """`created`, `running`, `paused`, `restarting`, `exited` or `dead`."""
    exit_code: int
    oom_killed: bool
    labels: dict[str, str]
    user: str
    read_only_root: bool
    capabilities_dropped: frozenset[str]
    security_options: frozenset[str]
    restart_policy: str
    binds: tuple[BindMount, ...]
    pid: int = 0
    """The process id of its first process on this machine; 0 if it does not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """All that decides how the container runs. Equal specs give equal containers."""

    name: str
    image_id: str
    user: str
    environment: dict[str, str]
    labels: dict[str, str]
    data: BindMount
    tmpfs: dict[str, str]
    bind_address: str
    port: int
    memory_bytes: int
    pids_limit: int
    log_driver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShotSpec:
    """One program in a container that is thrown away: no network, nothing but the data to see."""

    name: str
    """For one run at a time: what an earlier run left behind under this name is removed."""
    image_id: str
    user: str
    """`uid:gid`."""
    command: tuple[str, ...]
    """Takes the place of the image's ENTRYPOINT and CMD."""
    environment: dict[str, str]
    """Added to the image's own."""
    labels: dict[str, str]
    data: BindMount
    tmpfs: dict[str, str]
    memory_bytes: int
    pids_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShotResult:
    """How the program ended; of each text the last `ONE_SHOT_TEXT_BYTES`."""

    exit_code: int
    oom_killed: bool
    stdout: str
    stderr: str

    @property
    def signal(self) -> str:
        """The name of the signal that ended it, or nothing: engines report 128 + number.

        >>> OneShotResult(exit_code=139, oom_killed=False, stdout="", stderr="").signal
        'SIGSEGV'
        """
        if self.exit_code - 128 not in signal.valid_signals():
            return ""
        return signal.Signals(self.exit_code - 128).name
