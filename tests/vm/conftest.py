"""One set of parts for all cases, and a stack and a machine of its own for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ladybug_lab.plan import Plan
from vm import lan
from vm.instance import Instance
from vm.launching import Launching, Origin, launched
from vm.parts import Parts, parts
from vm.prepared_image import PreparedImage, ensure_prepared_image
from vm.surroundings import PLAN

Launch = Callable[..., Instance]
Measured = Callable[..., None]
KEPT = "LADYBUG_VM_LOGS"
"""Where consoles and journals of the cases are kept; the test run's own directory if unset."""


@pytest.fixture(scope="session")
def shared_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    if not lan.is_enclosed():
        pytest.skip("missing: a network namespace of its own; run ./dev vm")
    with parts(tmp_path_factory.mktemp("parts")) as found:
        yield found


@pytest.fixture(scope="session")
def prepared_image(shared_parts: Parts) -> PreparedImage:
    return ensure_prepared_image(shared_parts)


@pytest.fixture
def logs(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return where this test's logs are kept."""
    path = Path(os.environ.get(KEPT) or tmp_path) / str(request.node.name)
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def launch(
    shared_parts: Parts, tmp_path: Path, logs: Path, request: pytest.FixtureRequest
) -> Iterator[Launch]:
    """Return a function that launches an instance; all of it is gone after the test."""
    with ExitStack() as stack:

        def make(origin: Origin = "base", plan: Plan = PLAN) -> Instance:
            image = None if origin == "base" else request.getfixturevalue("prepared_image")
            settings = Launching(origin=origin, prepared=image, plan=plan)
            return stack.enter_context(launched(shared_parts, tmp_path, logs, settings))

        yield make


@pytest.fixture
def measured(logs: Path) -> Measured:
    """Return a function that shows figures, and keeps them with the logs."""

    def measure(**figures: float) -> None:
        with (logs / "figures.txt").open("a", encoding="utf-8") as file:
            for name, value in figures.items():
                print(f"{name} {value:.1f}", file=file)
                print(f"{name}: {value:.1f}")

    return measure
