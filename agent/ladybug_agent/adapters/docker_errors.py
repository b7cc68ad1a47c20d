"""What the Docker engine says when it refuses something, or that it is not there, as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from docker.errors import APIError, DockerException

from ladybug_agent.adapters.docker_words import ENGINE_HINT, engine_slow, engine_unreachable
from ladybug_agent.errors import ExternalFailure

# Of runc, when it has made the container and cannot start what is to run in it.
NO_PROGRAM = ("executable file not found", "no such file or directory", "permission denied")


@contextmanager
def engine_errors(act: str, base_url: str) -> Iterator[None]:
    """Turn errors of the engine's client into ours; `act` completes "wanted to ..."."""
    try:
        yield
    except APIError as error:
        raise _refused_by_engine(act, error) from error
    except requests.ReadTimeout as error:
        raise engine_slow(act, base_url) from error
    except (DockerException, requests.RequestException) as error:
        raise engine_unreachable(act, base_url) from error


def _refused_by_engine(act: str, error: APIError) -> ExternalFailure:
    said = str(error.explanation or error)
    if "port is already allocated" in said or "address already in use" in said:
        return ExternalFailure(
            "container_port_in_use",
            f"wanted to {act}, found its port in use",
            hint="find who listens with `ss --listening --tcp --processes`",
        )
    if "bind source path does not exist" in said:
        return ExternalFailure(
            "container_bind_source_missing",
            f"wanted to {act}, found no databases directory to bind",
            hint="was the volume unmounted meanwhile? run the boot again",
        )
    if "exec: " in said and any(words in said for words in NO_PROGRAM):
        return ExternalFailure(
            "container_program_missing",
            f"wanted to {act}, found no program in the image that can be run under that name",
            hint="look at the image: `docker inspect IMAGE`, then its Entrypoint and Cmd",
        )
    return ExternalFailure(
        "container_engine_refused", f"the Docker engine refused to {act}", hint=ENGINE_HINT
    )
