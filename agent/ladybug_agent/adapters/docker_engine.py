"""The one home of docker: images and containers through the Docker Engine API."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import docker
import structlog
from docker.errors import APIError, NotFound
from docker.types import LogConfig, Mount

from ladybug_agent.adapters.docker_errors import engine_errors
from ladybug_agent.adapters.docker_facts import container_facts, image_facts
from ladybug_agent.adapters.docker_one_shot import OneShot
from ladybug_agent.adapters.docker_pull import StreamedPull, pull_failure
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.containers import (
    ContainerFacts,
    ContainerSpec,
    ImageFacts,
    OneShotResult,
    OneShotSpec,
    RegistryLogin,
)

log = structlog.get_logger(__name__)

TIMEOUT_S = 30
START_TIMEOUT_S = 120
"""For making and starting a container: long, on a root volume that is still loaded from S3."""


class DockerEngine:
    """Calls block for at most `TIMEOUT_S`, `run` and `start` for `start_timeout_s` a step.

    `pull`, `run_once` and `stop` say themselves how long.
    """

    def __init__(self, base_url: str, *, start_timeout_s: float = START_TIMEOUT_S) -> None:
        self._base_url = base_url
        self._start_timeout_s = start_timeout_s

    @cached_property
    def _api(self) -> Any:  # docker.APIClient, whose stubs leave half of it untyped
        # base_url is explicit, because `from_env` would follow the operator's CLI context.
        return docker.APIClient(base_url=self._base_url, version="auto", timeout=TIMEOUT_S)

    @cached_property
    def _patient(self) -> Any:
        # The engine is asked for its version once.
        version = self._api.api_version
        make: Any = docker.APIClient  # whose stubs want whole seconds
        return make(base_url=self._base_url, version=version, timeout=self._start_timeout_s)

    def image(self, reference: str) -> ImageFacts | None:
        with self._errors("look at an image"):
            try:
                found = self._api.inspect_image(reference)
            except NotFound:
                return None
        return image_facts(found)

    def resolve(self, reference: str, login: RegistryLogin) -> str:
        with self._errors("ask the registry"):
            try:
                found = self._api.inspect_distribution(reference, auth_config=_auth(login))
            except APIError as error:
                raise pull_failure(reference, str(error)) from error
        return str(found["Descriptor"]["digest"])

    def pull(
        self,
        reference: str,
        login: RegistryLogin,
        on_progress: Callable[[int], None],
        deadline: Deadline,
    ) -> None:
        StreamedPull(self._base_url, reference, _auth(login), on_progress).run(deadline)

    def container(self, name: str) -> ContainerFacts | None:
        with self._errors("look at the container"):
            try:
                return container_facts(self._api.inspect_container(name))
            except NotFound:
                return None

    def run(self, spec: ContainerSpec) -> str:
        with self._errors(f"create the container {spec.name}"):
            created = self._patient.create_container(
                image=spec.image_id,
                name=spec.name,
                user=spec.user,
                environment=spec.environment,
                labels=spec.labels,
                ports=[spec.port],
                host_config=self._host_config(spec),
                use_config_proxy=False,  # the environment is what the spec says, and no more
            )
        container_id = str(created["Id"])
        try:
            with self._errors(f"start the container {spec.name}"):
                self._patient.start(container_id)
        except ExternalFailure:
            self._remove_unstarted(container_id)
            raise
        return container_id

    def _remove_unstarted(self, container_id: str) -> None:
        """That it cannot be removed must not hide why it did not start."""
        try:
            self.remove(container_id)
        except ExternalFailure as error:
            log.warning("container_not_removed", container_id=container_id, code=error.code)

    def _host_config(self, spec: ContainerSpec) -> Any:
        return self._api.create_host_config(
            binds=None,
            # type=bind, not a volume: a missing source is an error instead of an empty database.
            mounts=[Mount(spec.data.target, spec.data.source, type="bind", read_only=True)],
            tmpfs=spec.tmpfs,
            port_bindings={spec.port: (spec.bind_address, spec.port)},
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            pids_limit=spec.pids_limit,
            mem_limit=spec.memory_bytes,
            memswap_limit=spec.memory_bytes,
            # Nothing but the agent may start it: after a reboot the mount is not there yet.
            restart_policy={"Name": "no"},
            log_config=LogConfig(type=spec.log_driver),
        )

    def run_once(self, spec: OneShotSpec, deadline: Deadline) -> OneShotResult:
        return OneShot(self._api, self._base_url, spec).run(deadline)

    def start(self, container_id: str) -> None:
        with self._errors("start the container"):
            self._patient.start(container_id)

    def rename(self, container_id: str, name: str) -> None:
        with self._errors(f"rename the container to {name}"):
            self._api.rename(container_id, name)

    def stop(self, container_id: str, *, grace_s: int) -> None:
        with self._errors("stop the container"):
            self._api.stop(container_id, timeout=grace_s)

    def remove(self, container_id: str) -> None:
        with self._errors("remove the container"):
            self._api.remove_container(container_id, v=True, force=True)

    def logs(self, container_id: str, *, lines: int) -> tuple[str, ...]:
        with self._errors("read the container's log"):
            text = self._api.logs(container_id, tail=lines)
        return tuple(text.decode(errors="replace").splitlines())

    def _errors(self, act: str) -> AbstractContextManager[None]:
        return engine_errors(act, self._base_url)


def _auth(login: RegistryLogin) -> dict[str, str]:
    return {"username": login.username, "password": login.password}
