"""One image of a quarter of a gigabyte for all, a lazily loaded volume of its own for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.graph_databases import QUARTER, graph_database, grown_database
from support.graph_volumes import graph_volume
from support.hydrating import HydrationScene, hydration_scene


@pytest.fixture(scope="session")
def images() -> Iterator[Path]:
    """A directory in memory: there an image is never read from this machine's own disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="hydration-") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def image(images: Path) -> Path:
    return graph_volume(graph_database(QUARTER), images)


@pytest.fixture(scope="session")
def grown_image(images: Path) -> Path:
    return graph_volume(grown_database(QUARTER), images)


@pytest.fixture
def scene(image: Path, tmp_path: Path) -> Iterator[HydrationScene]:
    with hydration_scene(image, tmp_path) as made:
        yield made
