"""The image: pulled by digest, resolved from a tag, and not pulled twice."""

from __future__ import annotations

import pytest

from fakes.build import IMAGE_BY_DIGEST, IMAGE_BY_TAG
from fakes.clock import FakeClock
from fakes.engine import (
    DIGEST,
    NEWER_DIGEST,
    REPOSITORY,
    FakeEngine,
    FakeImageRegistry,
    image_facts,
)
from ladybug_agent.clock import Deadline
from ladybug_agent.errors import (
    AgentError,
    Cancelled,
    ConfigError,
    DeadlineExceeded,
    ExternalFailure,
)
from ladybug_agent.resources.image import PulledImage, ensure_image, parse_image_reference

DOWN = ExternalFailure("image_registry_unreachable", "no such host")


class Progress(list[int]):
    """The bytes reported so far."""


def ensure(
    engine: FakeEngine,
    text: str,
    deadline: Deadline,
    *,
    registry: FakeImageRegistry | None = None,
    progress: Progress | None = None,
) -> PulledImage:
    return ensure_image(
        engine,
        parse_image_reference(text),
        (registry or FakeImageRegistry()).login,
        (progress if progress is not None else Progress()).append,
        deadline,
    )


def test_an_image_by_digest_is_pulled(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    image = ensure(engine, IMAGE_BY_DIGEST, deadline)
    assert (image.digest, image.configured, list(engine.images)) == (
        DIGEST,
        IMAGE_BY_DIGEST,
        [IMAGE_BY_DIGEST],
    )


def test_a_tag_is_resolved_and_pulled_by_its_digest(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    image = ensure(engine, IMAGE_BY_TAG, deadline)
    assert (image.digest, image.configured, list(engine.images)) == (
        DIGEST,
        IMAGE_BY_TAG,
        [IMAGE_BY_DIGEST],
    )


def test_a_digest_counts_more_than_a_tag(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    engine.tags[IMAGE_BY_TAG] = NEWER_DIGEST
    assert ensure(engine, f"{IMAGE_BY_TAG}@{DIGEST}", deadline).digest == DIGEST


def test_an_image_that_is_there_by_digest_needs_no_registry(
    clock: FakeClock, deadline: Deadline
) -> None:
    engine = FakeEngine(clock, refuses={"resolve": DOWN, "pull": DOWN})
    engine.images[IMAGE_BY_DIGEST] = image_facts(DIGEST)
    image = ensure(engine, IMAGE_BY_DIGEST, deadline, registry=FakeImageRegistry(raises=DOWN))
    assert image.image_id == image_facts(DIGEST).image_id


def test_a_tag_whose_image_is_there_is_not_pulled(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock, refuses={"pull": DOWN})
    engine.images[IMAGE_BY_DIGEST] = image_facts(DIGEST)
    assert ensure(engine, IMAGE_BY_TAG, deadline).digest == DIGEST


def test_a_tag_that_has_moved_is_pulled_anew(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    ensure(engine, IMAGE_BY_TAG, deadline)
    engine.tags[IMAGE_BY_TAG] = NEWER_DIGEST
    engine.published[f"{REPOSITORY}@{NEWER_DIGEST}"] = image_facts(NEWER_DIGEST)
    assert ensure(engine, IMAGE_BY_TAG, deadline).image_id == image_facts(NEWER_DIGEST).image_id


def test_the_label_says_which_versions_the_image_reads(
    clock: FakeClock, deadline: Deadline
) -> None:
    assert ensure(FakeEngine(clock), IMAGE_BY_DIGEST, deadline).storage_versions == "40-49"


def test_an_image_without_the_label_says_nothing(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock, labels={})
    assert ensure(engine, IMAGE_BY_DIGEST, deadline).storage_versions == ""


def test_the_progress_of_a_pull_is_reported(clock: FakeClock, deadline: Deadline) -> None:
    progress = Progress()
    ensure(FakeEngine(clock), IMAGE_BY_DIGEST, deadline, progress=progress)
    assert progress == [1000, 5000]


def test_a_pull_takes_its_time(clock: FakeClock, deadline: Deadline) -> None:
    ensure(FakeEngine(clock, pull_s=40.0), IMAGE_BY_DIGEST, deadline)
    assert clock.passed_s == 40.0


def test_a_pull_that_takes_too_long_is_given_up(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock, pull_s=1000.0)
    with pytest.raises(DeadlineExceeded, match="the pull of"):
        ensure(engine, IMAGE_BY_DIGEST, deadline)
    assert (clock.passed_s, engine.images) == (600.0, {})


def test_a_cancelled_pull_leaves_no_image(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    deadline.cancel()
    with pytest.raises(Cancelled):
        ensure(engine, IMAGE_BY_DIGEST, deadline)
    assert engine.images == {}


@pytest.mark.parametrize("act", ["image", "pull"])
@pytest.mark.parametrize(
    "code",
    [
        "image_no_space",
        "image_pull_denied",
        "image_not_found",
        "image_registry_unreachable",
        "image_pull_failed",
        "container_engine_unreachable",
    ],
)
def test_a_refused_pull_keeps_its_code(
    act: str, code: str, clock: FakeClock, deadline: Deadline
) -> None:
    error: AgentError = ExternalFailure(code, "the engine says no")
    with pytest.raises(ExternalFailure) as caught:
        ensure(FakeEngine(clock, refuses={act: error}), IMAGE_BY_DIGEST, deadline)
    assert caught.value is error


def test_a_refused_login_keeps_its_code(clock: FakeClock, deadline: Deadline) -> None:
    denied = ExternalFailure("aws_access_denied", "may not call ecr:GetAuthorizationToken")
    with pytest.raises(ExternalFailure, match="ecr:GetAuthorizationToken"):
        ensure(
            FakeEngine(clock), IMAGE_BY_DIGEST, deadline, registry=FakeImageRegistry(raises=denied)
        )


@pytest.mark.parametrize("text", [f"{REPOSITORY}:2.0", f"{REPOSITORY}@{NEWER_DIGEST}"])
def test_an_image_that_nobody_published_is_not_found(
    text: str, clock: FakeClock, deadline: Deadline
) -> None:
    with pytest.raises(ExternalFailure) as caught:
        ensure(FakeEngine(clock), text, deadline)
    assert caught.value.code == "image_not_found"


def test_an_image_that_is_pruned_at_once_is_noticed(clock: FakeClock, deadline: Deadline) -> None:
    engine = FakeEngine(clock)
    engine.prunes_pulled_images = True
    with pytest.raises(ExternalFailure, match="the engine does not have it") as caught:
        ensure(engine, IMAGE_BY_DIGEST, deadline)
    assert caught.value.code == "image_not_there_after_pull"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("graph-api", ("graph-api", "latest", "")),
        ("graph-api:1.2", ("graph-api", "1.2", "")),
        ("127.0.0.1:5000/graph-api", ("127.0.0.1:5000/graph-api", "latest", "")),
        ("127.0.0.1:5000/graph-api:1.2", ("127.0.0.1:5000/graph-api", "1.2", "")),
        (f"graph-api@{DIGEST}", ("graph-api", "latest", DIGEST)),
        (f"graph-api:1.2@{DIGEST}", ("graph-api", "1.2", DIGEST)),
    ],
)
def test_a_reference_is_split_as_docker_does(text: str, parts: tuple[str, str, str]) -> None:
    found = parse_image_reference(text)
    assert (found.repository, found.tag, found.digest) == parts


@pytest.mark.parametrize(
    "text",
    ["", " ", "graph api", "graph-api@sha256:abc", f"graph-api@md5:{'a' * 64}", "@" + DIGEST],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"container\.image") as caught:
        parse_image_reference(text)
    assert caught.value.code == "image_reference_invalid"
