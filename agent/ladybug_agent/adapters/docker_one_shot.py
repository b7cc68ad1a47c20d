"""A container that runs one program to its end and leaves nothing behind."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import requests
import structlog
from docker.errors import NotFound
from docker.types import LogConfig, Mount
from urllib3.exceptions import ReadTimeoutError

from ladybug_agent.adapters.docker_errors import engine_errors
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, Refused
from ladybug_agent.model.containers import (
    ONE_SHOT_LABEL,
    ONE_SHOT_TEXT_BYTES,
    OneShotResult,
    OneShotSpec,
)

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.2
# Two files, because the end of a log must not be lost when one is full.
LOG_LIMITS = {"max-size": "1m", "max-file": "2", "compress": "false"}


class OneShot:
    """One run. `api` is a docker.APIClient, whose stubs leave half of it untyped."""

    def __init__(self, api: Any, base_url: str, spec: OneShotSpec) -> None:
        self._api = api
        self._base_url = base_url
        self._spec = spec

    def run(self, deadline: Deadline) -> OneShotResult:
        what = f"the end of the container {self._spec.name}"
        deadline.check(what)
        self._remove()
        try:
            container_id = self._start()
            while not self._has_ended(container_id):
                deadline.check(what)
            return self._result(container_id)
        finally:
            self._tidy_up()

    def _start(self) -> str:
        spec = self._spec
        program, *arguments = spec.command
        with self._errors("create"):
            created = self._api.create_container(
                image=spec.image_id,
                name=spec.name,
                user=spec.user,
                entrypoint=[program],
                command=arguments,
                environment=spec.environment,
                labels={**spec.labels, ONE_SHOT_LABEL: "1"},
                healthcheck={"test": ["NONE"]},
                host_config=self._host_config(),
                use_config_proxy=False,  # the environment is what the spec says, and no more
            )
        with self._errors("start"):
            self._api.start(created["Id"])
        return str(created["Id"])

    def _host_config(self) -> Any:
        spec, data = self._spec, self._spec.data
        return self._api.create_host_config(
            network_mode="none",
            mounts=[Mount(data.target, data.source, type="bind", read_only=data.read_only)],
            tmpfs=spec.tmpfs,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            pids_limit=spec.pids_limit,
            mem_limit=spec.memory_bytes,
            memswap_limit=spec.memory_bytes,
            restart_policy={"Name": "no"},
            log_config=LogConfig(type="local", config=LOG_LIMITS),
        )

    def _has_ended(self, container_id: str) -> bool:
        """Wait for its end, for a moment."""
        with self._errors("wait for the end of"):
            try:
                self._api.wait(container_id, timeout=LOOK_EVERY_S)
            except requests.ReadTimeout:
                return False
            except requests.ConnectionError as error:
                # The engine sends the head of its answer at once, and the rest at the end:
                # requests calls a time-out in the middle of an answer a lost connection.
                if error.args and isinstance(error.args[0], ReadTimeoutError):
                    return False
                raise
        return True

    def _result(self, container_id: str) -> OneShotResult:
        with self._errors("look at"):
            state = self._api.inspect_container(container_id)["State"]
        return OneShotResult(
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            stdout=self._text(container_id, stdout=True, stderr=False),
            stderr=self._text(container_id, stdout=False, stderr=True),
        )

    def _text(self, container_id: str, **which: bool) -> str:
        with self._errors("read the log of"):
            text: bytes = self._api.logs(container_id, **which)
        return text[-ONE_SHOT_TEXT_BYTES:].decode(errors="replace")

    def _remove(self) -> None:
        """Remove the container of this name, running or not, with the volumes it was given."""
        with self._errors("remove"):
            try:
                # By name: when a run is interrupted, nobody may know the id.
                found = self._api.inspect_container(self._spec.name)
                if ONE_SHOT_LABEL not in (found["Config"].get("Labels") or {}):
                    raise self._foreign()
                self._api.remove_container(found["Id"], force=True, v=True)
            except NotFound:
                return

    def _foreign(self) -> Refused:
        name = self._spec.name
        return Refused(
            "container_name_taken",
            f"a container named {name} was not made by the agent",
            hint=f"if nothing needs it: `docker rm --force {name}`",
        )

    def _tidy_up(self) -> None:
        """That it cannot be removed must not hide how it ended; the next run removes it."""
        try:
            self._remove()
        except AgentError as error:
            log.warning("container_not_removed", container=self._spec.name, code=error.code)

    def _errors(self, act: str) -> AbstractContextManager[None]:
        return engine_errors(f"{act} the container {self._spec.name}", self._base_url)
