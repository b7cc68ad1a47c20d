"""A container engine with an image registry behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from fakes.clock import HELD_S, FakeClock
from fakes.one_shot import opens_all
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure, Refused
from ladybug_agent.model.containers import (
    ONE_SHOT_LABEL,
    BindMount,
    ContainerFacts,
    ContainerSpec,
    ImageFacts,
    OneShotResult,
    OneShotSpec,
    RegistryLogin,
)

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/graph-api"
DIGEST = "sha256:" + "a" * 64
NEWER_DIGEST = "sha256:" + "b" * 64
LOGIN = RegistryLogin(username="AWS", password="made-up")


def image_facts(digest: str, labels: Mapping[str, str] | None = None) -> ImageFacts:
    """Return an image that reads storage versions 40 to 49, unless other labels are given."""
    return ImageFacts(
        image_id="sha256:" + digest[-1] * 32 + "0" * 32,
        repository_digests=(f"{REPOSITORY}@{digest}",),
        labels=dict({"org.ladybugdb.storage-versions": "40-49"} if labels is None else labels),
    )


class FakeImageRegistry:
    """Logins for the registry; the user name and the password are what the engine expects."""

    def __init__(self, *, raises: AgentError | None = None) -> None:
        self._raises = raises

    def login(self) -> RegistryLogin:
        if self._raises:
            raise self._raises
        return LOGIN


class FakeEngine:
    """Images by `repository@digest`, containers by name, and a registry with one tag, `1.0`.

    `refuses` maps a method's name to the error it raises. A pull takes `pull_s` on the clock; a
    pull that is `pull_held` only ends by being cancelled. `one_shot` answers for programs run once.
    """

    def __init__(
        self,
        clock: FakeClock,
        *,
        labels: Mapping[str, str] | None = None,
        refuses: Mapping[str, AgentError] | None = None,
        pull_s: float = 0.0,
        pull_held: bool = False,
        exits_after_s: float | None = None,
    ) -> None:
        self._clock = clock
        self._pull_s = pull_s
        self._pull_held = pull_held
        self._exits_after_s = exits_after_s
        self._started_at: dict[str, float] = {}
        self._made = 0
        self.refuses = dict(refuses or {})
        self.tags = {f"{REPOSITORY}:1.0": DIGEST}
        self.published = {f"{REPOSITORY}@{DIGEST}": image_facts(DIGEST, labels)}
        self.images: dict[str, ImageFacts] = {}
        self.prunes_pulled_images = False
        self.oom_killed = False
        self.containers: dict[str, ContainerFacts] = {}
        self.specs: dict[str, ContainerSpec] = {}
        self.one_shot: Callable[[OneShotSpec], OneShotResult] = opens_all
        self.one_shot_s = 0.0
        self.log: tuple[str, ...] = ("opening sec.lbug", "out of luck")

    def image(self, reference: str) -> ImageFacts | None:
        self._may("image")
        return self.images.get(reference)

    def resolve(self, reference: str, login: RegistryLogin) -> str:
        self._may("resolve")
        _check_login(login)
        if reference not in self.tags:
            raise ExternalFailure("image_not_found", f"wanted the image {reference}")
        return self.tags[reference]

    def pull(
        self,
        reference: str,
        login: RegistryLogin,
        on_progress: Callable[[int], None],
        deadline: Deadline,
    ) -> None:
        if self._pull_held:
            deadline.cancelled.wait(HELD_S)
        deadline.check(f"the pull of {reference}")
        self._may("pull")
        _check_login(login)
        if reference not in self.published:
            raise ExternalFailure("image_not_found", f"wanted the image {reference}")
        on_progress(1000)
        deadline.pause(self._pull_s)
        deadline.check(f"the pull of {reference}")
        on_progress(5000)
        if not self.prunes_pulled_images:
            self.images[reference] = self.published[reference]

    def container(self, name: str) -> ContainerFacts | None:
        self._may("container")
        found = self.containers.get(name)
        if found is not None and found.status == "running" and self._has_exited(found):
            found = replace(found, status="exited", exit_code=1, oom_killed=self.oom_killed)
            self.containers[name] = found
        return found

    def run(self, spec: ContainerSpec) -> str:
        self._may("run")
        if spec.name in self.containers:
            raise ExternalFailure("container_engine_refused", f"the name {spec.name} is in use")
        self._made += 1
        container_id = f"{self._made:064x}"
        self._started_at[container_id] = self._clock.monotonic()
        self.containers[spec.name] = running_container(spec, container_id)
        self.specs[container_id] = spec
        return container_id

    def run_once(self, spec: OneShotSpec, deadline: Deadline) -> OneShotResult:
        deadline.check(what := f"the end of the container {spec.name}")
        self._may("run_once")
        if leftover := self.containers.get(spec.name):
            if ONE_SHOT_LABEL not in leftover.labels:
                raise Refused("container_name_taken", f"{spec.name} is somebody else's")
            del self.containers[spec.name]
        deadline.pause(self.one_shot_s)
        deadline.check(what)
        return self.one_shot(spec)

    def start(self, container_id: str) -> None:
        self._may("start")
        found = self._by_id(container_id)
        self._started_at[container_id] = self._clock.monotonic()
        self.containers[found.name] = replace(found, status="running", exit_code=0, pid=4711)

    def rename(self, container_id: str, name: str) -> None:
        self._may("rename")
        found = self._by_id(container_id)
        if name in self.containers:
            raise ExternalFailure("container_engine_refused", f"the name {name} is in use")
        del self.containers[found.name]
        self.containers[name] = replace(found, name=name)

    def stop(self, container_id: str, *, grace_s: int) -> None:
        del grace_s  # ends at once
        self._may("stop")
        found = self._by_id(container_id)
        self.containers[found.name] = replace(found, status="exited", exit_code=143, pid=0)

    def remove(self, container_id: str) -> None:
        self._may("remove")
        del self.containers[self._by_id(container_id).name]

    def logs(self, container_id: str, *, lines: int) -> tuple[str, ...]:
        self._may("logs")
        self._by_id(container_id)
        return self.log[-lines:]

    def _may(self, act: str) -> None:
        if error := self.refuses.get(act):
            raise error

    def _by_id(self, container_id: str) -> ContainerFacts:
        for found in self.containers.values():
            if found.container_id == container_id:
                return found
        raise ExternalFailure("container_engine_refused", f"no container {container_id}")

    def _has_exited(self, found: ContainerFacts) -> bool:
        started_at = self._started_at.get(found.container_id)
        if self._exits_after_s is None or started_at is None:
            return False
        return self._clock.monotonic() - started_at >= self._exits_after_s


def running_container(spec: ContainerSpec, container_id: str) -> ContainerFacts:
    """Return what an engine reports of a container that runs with all the restrictions."""
    return ContainerFacts(
        container_id=container_id,
        name=spec.name,
        image_id=spec.image_id,
        status="running",
        exit_code=0,
        oom_killed=False,
        labels=dict(spec.labels),
        user=spec.user,
        read_only_root=True,
        capabilities_dropped=frozenset({"ALL"}),
        security_options=frozenset({"no-new-privileges"}),
        restart_policy="no",
        binds=(BindMount(source=spec.data.source, target=spec.data.target, read_only=True),),
        pid=4711,
    )


def _check_login(login: RegistryLogin) -> None:
    if login != LOGIN:
        raise ExternalFailure("image_pull_denied", "no basic auth credentials")
