"""Evidence made by hand, for tests of one step without the steps before it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fakes.build import IMAGE_BY_DIGEST, a_config
from fakes.clock import FakeClock
from fakes.databases import DATABASE_UUID
from fakes.engine import DIGEST, image_facts
from fakes.instance import GIB, IDENTITY, SNAPSHOT, VOLUME
from fakes.storage import DISK, FakeBlockDevices
from ladybug_agent.config import Config
from ladybug_agent.model import InstanceIdentity
from ladybug_agent.model.containers import ContainerSpec
from ladybug_agent.model.storage import AttachedVolume, BlockDevice
from ladybug_agent.resources.container import RunningContainer
from ladybug_agent.resources.container_spec import container_spec
from ladybug_agent.resources.contents.database import Database
from ladybug_agent.resources.contents.database_file import DatabaseHeader
from ladybug_agent.resources.contents.manifest import Manifest
from ladybug_agent.resources.device import DataDevice
from ladybug_agent.resources.hydration.readiness import ReadyService
from ladybug_agent.resources.image import PulledImage
from ladybug_agent.resources.lineage import Lineage
from ladybug_agent.resources.mount import DataMount
from ladybug_agent.resources.servable import ServableSnapshot, ServedData
from ladybug_agent.resources.service import HealthyService
from ladybug_agent.resources.snapshot import Contents, VerifiedSnapshot
from ladybug_agent.resources.volume import Volume


def a_volume(
    *,
    attached: AttachedVolume | None = VOLUME,
    disk: BlockDevice = DISK,
    instance: InstanceIdentity = IDENTITY,
) -> Volume:
    """Return a volume; without `attached` EC2 could not be asked."""
    return Volume(
        instance=instance,
        disk=disk,
        volume_id=attached.volume_id if attached else VOLUME.volume_id,
        attached=attached,
        unverified="" if attached else "aws_access_denied",
    )


def a_device(
    *,
    devices: FakeBlockDevices | None = None,
    volume: Volume | None = None,
    filesystem: str = "xfs",
) -> DataDevice:
    found = volume or a_volume()
    return DataDevice(
        volume=found,
        pinned=(devices or FakeBlockDevices(FakeClock(), found.disk)).pinned_device(found.disk),
        filesystem=filesystem,
        filesystem_uuid="5e5e5e5e-0000-4000-8000-000000000001",
    )


def a_mount(path: Path, *, mount_id: int = 37, device: DataDevice | None = None) -> DataMount:
    return DataMount(
        device=device or a_device(), path=path, mount_id=mount_id, journal_replayed=False
    )


def a_database(name: str = "sec", *, storage_version: int = 41, pages: int = 3) -> Database:
    header = DatabaseHeader(
        storage_version=storage_version, database_uuid=str(DATABASE_UUID), pages_needed=pages
    )
    return Database(name=name, size_bytes=pages * 4096, header=header)


FRESH = Lineage(
    taken_at=SNAPSHOT.started_at,
    told_by="ec2",
    source_volume_id=SNAPSHOT.volume_id,
    is_stale=False,
)


def a_snapshot(
    path: Path,
    *databases: Database,
    mount: DataMount | None = None,
    lineage: Lineage = FRESH,
    manifest: Manifest | None = None,
) -> VerifiedSnapshot:
    return VerifiedSnapshot(
        mount=mount or a_mount(path),
        contents=Contents(
            directory=path / "databases",
            databases=databases or (a_database(),),
            manifest=manifest,
        ),
        lineage=lineage,
    )


def an_image(storage_versions: str = "40-49") -> PulledImage:
    return PulledImage(
        configured=IMAGE_BY_DIGEST,
        digest=DIGEST,
        image_id=image_facts(DIGEST).image_id,
        storage_versions=storage_versions,
    )


def a_servable(
    path: Path,
    *,
    data: ServedData | None = None,
    image: PulledImage | None = None,
    version_check: Literal["passed", "skipped"] = "passed",
) -> ServableSnapshot:
    return ServableSnapshot(
        data=data or a_snapshot(path),
        image=image or an_image(),
        version_check=version_check,
    )


def a_spec(
    tmp_path: Path, *, servable: ServableSnapshot | None = None, config: Config | None = None
) -> ContainerSpec:
    return container_spec(servable or a_servable(tmp_path), config or a_config(tmp_path), 16 * GIB)


def a_container(
    tmp_path: Path,
    *,
    servable: ServableSnapshot | None = None,
    container_id: str = "c0ffee" * 10 + "c0ff",
) -> RunningContainer:
    found = servable or a_servable(tmp_path)
    return RunningContainer(
        servable=found,
        spec=a_spec(tmp_path, servable=found),
        container_id=container_id,
        started_here=True,
    )


def a_ready_service(
    tmp_path: Path,
    *,
    container: RunningContainer | None = None,
    still_waited_for: str = "",
) -> ReadyService:
    return ReadyService(
        service=a_service(tmp_path, container=container),
        hydration_state="hydrating" if still_waited_for else "warm",
        hydration_pct=25.0,
        still_waited_for=still_waited_for,
    )


def a_service(tmp_path: Path, *, container: RunningContainer | None = None) -> HealthyService:
    return HealthyService(container=container or a_container(tmp_path), database_count=1)
