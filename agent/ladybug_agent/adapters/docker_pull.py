"""A pull that can be cancelled and that notices when it fails.

`images.pull()` of docker-py drops errors inside the progress stream, and a read of that stream has
no time-out: this reads it line by line in a thread of its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, StreamParseError
from urllib3.exceptions import HTTPError

from ladybug_agent.adapters.docker_words import engine_unreachable
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure

LOOK_EVERY_S = 0.2
STREAM_ENDED: dict[str, Any] = {}
PULL_ACTIONS = "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"

# What the engine says, in the order of looking, and what it means. The engine has no codes, and a
# bare number would be found in digests and account ids too.
CAUSES = (
    (("no space left on device",), "image_no_space"),
    (
        (
            "not authorized",
            "no basic auth",
            "unauthorized",
            "access denied",
            "denied:",
            "forbidden",
            "http 401",
            "http 403",
        ),
        "image_pull_denied",
    ),
    (
        ("not found", "manifest unknown", "name unknown", "no matching manifest", "http 404"),
        "image_not_found",
    ),
    (
        (
            "connection refused",
            "connection reset",
            "no such host",
            "server misbehaving",
            "timeout",
            "deadline exceeded",
            "no route to host",
            "unreachable",
        ),
        "image_registry_unreachable",
    ),
)
HINTS = {
    "image_no_space": "free space on the engine's disk: `docker system df`, `docker image prune`",
    "image_pull_denied": f"allow {PULL_ACTIONS} on the repository, in this account and region",
    "image_not_found": "check `container.image`; did a lifecycle policy remove the tag or digest?"
    " is it built for this architecture?",
    "image_registry_unreachable": "check the route and the VPC endpoints ecr.api, ecr.dkr and s3",
    "image_pull_failed": "try `docker pull` by hand; the engine's log has more",
}


class StreamedPull:
    """One pull. The thread that reads the stream is left behind when the pull is given up."""

    def __init__(
        self,
        base_url: str,
        reference: str,
        auth: dict[str, str],
        on_progress: Callable[[int], None],
    ) -> None:
        self._base_url = base_url
        self._reference = reference
        self._auth = auth
        self._on_progress = on_progress
        self._lines: queue.SimpleQueue[dict[str, Any] | Exception] = queue.SimpleQueue()
        self._layers: dict[str, int] = {}

    def run(self, deadline: Deadline) -> None:
        """Block until the image is there, the pull failed, or the deadline is over."""
        what = f"the pull of {self._reference}"
        deadline.check(what)
        threading.Thread(target=self._read, name="pull", daemon=True).start()
        while True:
            deadline.check(what)
            try:
                line = self._lines.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                continue
            if line is STREAM_ENDED:
                return
            if isinstance(line, Exception):
                raise self._failure(line) from line
            self._digest_line(line)

    def _read(self) -> None:
        """Put every line on the queue. A client of its own, as they are not shared by threads."""
        try:
            client = docker.APIClient(base_url=self._base_url, version="auto")
            lines = client.pull(self._reference, stream=True, decode=True, auth_config=self._auth)
            for line in lines:
                self._lines.put(line)
        except (DockerException, StreamParseError, requests.RequestException, HTTPError) as error:
            self._lines.put(error)
        finally:  # whatever happens, nobody waits for a thread that is gone
            self._lines.put(STREAM_ENDED)

    def _failure(self, error: Exception) -> AgentError:
        if isinstance(error, APIError):
            return pull_failure(self._reference, str(error))
        return engine_unreachable(f"pull {self._reference}", self._base_url)

    def _digest_line(self, line: dict[str, Any]) -> None:
        # `error` is deprecated, and a future engine leaves it out.
        if said := (line.get("errorDetail") or {}).get("message") or line.get("error"):
            raise pull_failure(self._reference, str(said))
        if line.get("status") == "Downloading":
            progress = line.get("progressDetail") or {}
            self._layers[line.get("id", "")] = int(progress.get("current") or 0)
            self._on_progress(sum(self._layers.values()))


def pull_failure(reference: str, said: str) -> AgentError:
    """Turn what the engine said about a pull into a code.

    >>> pull_failure("x", "write /var/lib/docker/tmp/a: no space left on device").code
    'image_no_space'
    """
    lowered = said.lower()
    code = next(
        (code for texts, code in CAUSES if any(text in lowered for text in texts)),
        "image_pull_failed",
    )
    return ExternalFailure(
        code, f"wanted the image {reference}, the engine says: {said}", hint=HINTS[code]
    )
