"""The real servers and programs that the tests of the adapters share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from contract.support.aws import point_at, quick_clients
from contract.support.programs import FakePrograms
from contract.support.second import SecondDynamoDb
from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.clock import Deadline, SystemClock
from ladybug_lab.aws.server import LabAws
from ladybug_lab.imds.server import LabImds
from support.dynalite import dynalite, program
from support.volumes import copy_image, make_volume

Filesystem = Literal["xfs", "ext4"]
FILESYSTEMS: tuple[Filesystem, ...] = ("xfs", "ext4")


@pytest.fixture
def imds() -> Iterator[LabImds]:
    with LabImds() as running:
        yield running


@pytest.fixture(scope="session")
def aws_server() -> Iterator[LabAws]:
    with LabAws() as running:
        yield running


@pytest.fixture(scope="session")
def kept_clients() -> AwsClients:
    """Clients for all modules, because making one costs more than a call."""
    return quick_clients()


@pytest.fixture
def aws(aws_server: LabAws) -> LabAws:
    aws_server.reset()
    return aws_server


@pytest.fixture(scope="module")
def clients(aws_server: LabAws, kept_clients: AwsClients) -> Iterator[AwsClients]:
    """The kept clients, in an environment that points those yet to be made at the lab."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        point_at(aws_server.url, monkeypatch)
        yield kept_clients


@pytest.fixture(scope="session")
def second_dynamodb(request: pytest.FixtureRequest) -> Iterator[SecondDynamoDb]:
    """A DynamoDB by other people than moto's. `./dev setup` fetches it; nothing else does."""
    if not program().exists():
        if request.config.getoption("--strict-parts"):
            pytest.fail("dynalite is missing: ./dev setup")
        pytest.skip("missing: dynalite; ./dev setup")
    with dynalite() as url:
        second = SecondDynamoDb.at(url)
        yield second
        second.client.close()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    return FakePrograms(tmp_path / "bin", monkeypatch)


@pytest.fixture
def deadline() -> Deadline:
    return Deadline.after(10, SystemClock())


@pytest.fixture
def no_docker(tmp_path: Path) -> Iterator[str]:
    """An address where no engine listens. For a test that ignores ResourceWarning, because
    docker-py leaves its socket open when it cannot connect.
    """
    yield f"unix://{tmp_path}/no-docker.sock"
    gc.collect()


@pytest.fixture(scope="session")
def sound_images(tmp_path_factory: pytest.TempPathFactory) -> dict[Filesystem, Path]:
    """One sound volume of each filesystem, for tests that have root; nobody changes them."""
    directory = tmp_path_factory.mktemp("images")
    content = directory / "content"
    (content / "databases").mkdir(parents=True)
    (content / "databases" / "sec.lbug").write_bytes(b"filings" * 4096)
    return {
        filesystem: make_volume(directory / filesystem, content=content, filesystem=filesystem)
        for filesystem in FILESYSTEMS
    }


@pytest.fixture
def xfs_image(sound_images: dict[Filesystem, Path], tmp_path: Path) -> Path:
    return _copied(sound_images["xfs"], tmp_path)


@pytest.fixture
def ext4_image(sound_images: dict[Filesystem, Path], tmp_path: Path) -> Path:
    return _copied(sound_images["ext4"], tmp_path)


@pytest.fixture(params=FILESYSTEMS)
def image(
    request: pytest.FixtureRequest, sound_images: dict[Filesystem, Path], tmp_path: Path
) -> Path:
    return _copied(sound_images[request.param], tmp_path)


def _copied(image: Path, directory: Path) -> Path:
    copy = directory / image.name
    copy_image(image, copy)
    return copy
