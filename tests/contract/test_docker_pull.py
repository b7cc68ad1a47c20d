"""A pull as the engine streams it: progress, errors inside the stream, and its untimely end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Timer
from urllib.parse import parse_qs, urlsplit

import pytest

from contract.support.docker_server import Route, docker_engine, said, stream
from contract.support.http_server import Exchange, Running
from contract.support.timing import ends_within
from ladybug_agent.adapters.docker_pull import PULL_ACTIONS, StreamedPull
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import Cancelled, DeadlineExceeded, ExternalFailure

DIGEST = "sha256:" + "401404" * 10 + "4014"
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/graph-api"
REFERENCE = f"{REPOSITORY}@{DIGEST}"
AUTH = {"username": "AWS", "password": "hush"}
STARTED = {"status": "Pulling from graph-api", "id": DIGEST}


def downloading(layer: str, current: int) -> dict[str, object]:
    detail = {"current": current, "total": 1000}
    return {"status": "Downloading", "progressDetail": detail, "id": layer}


def pull(
    engine: Running, deadline: Deadline, on_progress: Callable[[int], None] = lambda _: None
) -> None:
    StreamedPull(engine.url, REFERENCE, AUTH, on_progress).run(deadline)


def pull_from(route: Route, directory: Path, deadline: Deadline) -> None:
    with docker_engine(directory, {"POST /images/create": route}) as engine:
        pull(engine, deadline)


def hold(exchange: Exchange) -> None:
    exchange.hold(30)


def test_a_pull_ends_with_its_stream(tmp_path: Path, deadline: Deadline) -> None:
    lines = (STARTED, {"status": "Digest: " + DIGEST}, {"status": "Status: Downloaded newer image"})
    with docker_engine(tmp_path, {"POST /images/create": stream(*lines)}) as engine:
        pull(engine, deadline)
        asked = parse_qs(urlsplit(engine.seen[-1].path).query)
    assert asked == {"fromImage": [REPOSITORY], "tag": [DIGEST]}


def test_the_login_goes_with_the_pull_and_not_into_the_url(
    tmp_path: Path, deadline: Deadline
) -> None:
    with docker_engine(tmp_path, {"POST /images/create": stream(STARTED)}) as engine:
        pull(engine, deadline)
        asked = engine.seen[-1]
    assert asked.headers["X-Registry-Auth"]
    assert AUTH["password"] not in asked.path


def test_progress_is_the_sum_over_the_layers(tmp_path: Path, deadline: Deadline) -> None:
    lines = (
        STARTED,
        {"status": "Pulling fs layer", "progressDetail": {}, "id": "a"},
        downloading("a", 100),
        downloading("b", 20),
        downloading("a", 1000),
        {"status": "Downloading", "id": "b"},
        {"status": "Extracting", "progressDetail": {"current": 7, "total": 9}, "id": "a"},
    )
    seen: list[int] = []
    with docker_engine(tmp_path, {"POST /images/create": stream(*lines)}) as engine:
        pull(engine, deadline, seen.append)
    assert seen == [100, 120, 1020, 1000]


@pytest.mark.parametrize(
    "line",
    [
        {"errorDetail": {"message": "manifest unknown"}, "error": "manifest unknown"},
        {"error": "manifest unknown"},
        {"errorDetail": {"message": "manifest unknown"}},
    ],
)
def test_an_error_inside_the_stream_is_an_error(
    tmp_path: Path, deadline: Deadline, line: dict[str, object]
) -> None:
    with pytest.raises(ExternalFailure, match="the engine says: manifest unknown") as failure:
        pull_from(stream(STARTED, line, then=hold), tmp_path, deadline)
    assert failure.value.code == "image_not_found"


def test_a_full_disk_in_the_middle_of_the_pull_is_an_error(
    tmp_path: Path, deadline: Deadline
) -> None:
    text = "write /var/lib/docker/tmp/GetImageBlob1: no space left on device"
    lines = (downloading("a", 100), {"errorDetail": {"message": text}, "error": text})
    with pytest.raises(ExternalFailure) as failure:
        pull_from(stream(*lines), tmp_path, deadline)
    assert failure.value.code == "image_no_space"


def test_a_pull_that_the_engine_refuses_outright_is_an_error(
    tmp_path: Path, deadline: Deadline
) -> None:
    route = said(500, f"Head https://{REPOSITORY}: no basic auth credentials")
    with pytest.raises(ExternalFailure) as failure:
        pull_from(route, tmp_path, deadline)
    assert failure.value.code == "image_pull_denied"
    assert PULL_ACTIONS in failure.value.hint
    assert AUTH["password"] not in str(failure.value)


def test_cancelling_ends_a_stream_that_stalls(tmp_path: Path, deadline: Deadline) -> None:
    timer = Timer(0.2, deadline.cancel)
    timer.start()
    with ends_within(1.2), pytest.raises(Cancelled, match="the pull of"):
        pull_from(stream(STARTED, then=hold), tmp_path, deadline)
    timer.join()


def test_the_deadline_ends_a_stream_that_stalls(tmp_path: Path, deadline: Deadline) -> None:
    with ends_within(1.2), pytest.raises(DeadlineExceeded):
        pull_from(stream(STARTED, then=hold), tmp_path, deadline.capped(0.2))


def test_the_deadline_ends_a_stream_that_goes_on_for_ever(
    tmp_path: Path, deadline: Deadline
) -> None:
    def go_on(exchange: Exchange) -> None:
        while exchange.hold(0.02):
            exchange.chunk('{"status": "Waiting"}\r\n')

    with ends_within(1.2), pytest.raises(DeadlineExceeded):
        pull_from(stream(then=go_on), tmp_path, deadline.capped(0.2))


def test_an_engine_that_does_not_answer_at_all_is_given_up(
    tmp_path: Path, deadline: Deadline
) -> None:
    with ends_within(1.2), pytest.raises(DeadlineExceeded):
        pull_from(hold, tmp_path, deadline.capped(0.2))


@pytest.mark.parametrize("rest", ["", '{"status": "Downl', "\r\n"])
def test_a_stream_that_is_cut_is_an_error(tmp_path: Path, deadline: Deadline, rest: str) -> None:
    lines = (STARTED, rest) if rest else (STARTED,)
    with ends_within(2), pytest.raises(ExternalFailure) as failure:
        pull_from(stream(*lines, then=Exchange.cut), tmp_path, deadline)
    assert failure.value.code == "container_engine_unreachable"


def test_a_stream_that_ends_in_the_middle_of_a_line_is_an_error(
    tmp_path: Path, deadline: Deadline
) -> None:
    with ends_within(2), pytest.raises(ExternalFailure) as failure:
        pull_from(stream(STARTED, '{"status": "Downl'), tmp_path, deadline)
    assert failure.value.code == "container_engine_unreachable"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_engine_that_is_not_there_is_not_taken_for_a_registry_that_is_not(
    no_docker: str, deadline: Deadline
) -> None:
    with pytest.raises(ExternalFailure, match=f"no Docker engine at {no_docker}") as failure:
        StreamedPull(no_docker, REFERENCE, AUTH, lambda _: None).run(deadline)
    assert failure.value.code == "container_engine_unreachable"


def test_nothing_is_pulled_when_the_time_is_up(tmp_path: Path, deadline: Deadline) -> None:
    with docker_engine(tmp_path, {"POST /images/create": stream(STARTED)}) as engine:
        with pytest.raises(DeadlineExceeded):
            pull(engine, deadline.capped(0))
        assert engine.seen == []
