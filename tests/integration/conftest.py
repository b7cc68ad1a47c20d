"""Real parts: one depot and one emulated AWS for all, an instance of its own for each test."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ladybug_lab.aws.server import LabAws
from ladybug_lab.depot import DATABASE, Depot, cache_directory, open_depot
from ladybug_lab.instance import LabInstance, Order, launch
from ladybug_lab.plan import Plan

Launch = Callable[..., LabInstance]


@pytest.fixture(scope="session")
def depot(worker_id: str) -> Iterator[Depot]:
    name = "registry" if worker_id == "master" else f"registry-{worker_id}"
    with open_depot(cache_directory(), name=name, say=lambda _: None) as opened:
        yield opened


@pytest.fixture(scope="session")
def aws_process() -> Iterator[LabAws]:
    with LabAws() as aws:
        yield aws


@pytest.fixture
def aws(aws_process: LabAws) -> LabAws:
    aws_process.reset()
    return aws_process


@pytest.fixture
def launched(depot: Depot, aws: LabAws, tmp_path: Path) -> Iterator[Launch]:
    """Return a function that launches an instance; all of it is gone after the test."""
    with ExitStack() as stack:

        def make(plan: Plan | None = None, **settings: object) -> LabInstance:
            order = Order(
                directory=tmp_path / "instance",
                databases=(DATABASE,),
                container=f"graph-api-test-{uuid.uuid4().hex[:8]}",
                port=_free_port(),
                plan=plan or Plan(),
                **settings,  # type: ignore[arg-type]  # the fields of Order
            )
            return stack.enter_context(launch(order, depot, aws))

        yield make


@pytest.fixture
def instance(launched: Launch) -> LabInstance:
    return launched()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
