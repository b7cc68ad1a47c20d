"""What an instance fetches, made once and kept: the image in a registry, the database."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from ladybug_lab.agent_process import run_agent
from ladybug_lab.aws.stubs import registry_password
from ladybug_lab.errors import LabError
from ladybug_lab.graph_api.image import FINGERPRINT_LABEL, build_image, fingerprint
from ladybug_lab.packages import build_package_graph
from ladybug_lab.registry import LabRegistry

ACCOUNT_ID = "123456789012"
REPOSITORY = "graph-api"
DATABASE = "packages"
MANIFEST = "ladybug-snapshot.json"
ECR_USER = "AWS"
REGISTRY_LABEL = "org.ladybugdb.lab.registry"
_ENGINE_TIMEOUT_S = 120
_MANIFEST_TIMEOUT_S = 60

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """An image registry with the image pushed, and a directory of databases."""

    registry: LabRegistry
    tag: str
    digest: str
    databases: Path

    @property
    def by_tag(self) -> str:
        return f"{self.registry.host}/{REPOSITORY}:{self.tag}"

    @property
    def by_digest(self) -> str:
        return f"{self.registry.host}/{REPOSITORY}@{self.digest}"


def cache_directory() -> Path:
    """Where the lab keeps what is slow to make: `$XDG_CACHE_HOME/ladybug-lab`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ladybug-lab"


@contextmanager
def open_depot(
    cache: Path,
    *,
    name: str = "registry",
    image: str | None = None,
    data: Path | None = None,
    port: int | None = None,
    say: Say = print,
) -> Iterator[Depot]:
    """Serve the image until the end; seconds at first, then a moment.

    `image` is a local image to serve instead of the lab's own, `data` a directory of databases.
    Depots that are open side by side need a `name` each: it makes their images different ones, so
    that the engine can be made to forget one while containers of the other run.
    """
    databases = data or _package_databases(cache, say)
    registry = LabRegistry.start(
        cache / name, username=ECR_USER, password=registry_password(ACCOUNT_ID), port=port
    )
    try:
        tag = "rehearsed" if image else fingerprint()[:12]
        digest = _pushed(registry, tag) if image is None else ""
        if not digest:
            say("pushing the Graph API image to a local registry")
            digest = _push(registry, tag, image)
            _remember(registry, tag, digest)
        depot = Depot(registry=registry, tag=tag, digest=digest, databases=databases)
        yield depot
        forget_local_image(depot)
    finally:
        registry.stop()


def forget_local_image(depot: Depot) -> None:
    """Remove the image from the engine, so that the next pull is a real one.

    The lab's own image goes with all its names, also those of earlier registries; of a user's
    image only the names that the depot gave it.
    """
    with _engine() as engine:
        for reference in (depot.by_digest, depot.by_tag):
            try:
                found = engine.images.get(reference)
            except ImageNotFound:
                continue
            own = FINGERPRINT_LABEL in found.labels
            engine.images.remove(str(found.id) if own else reference, force=True)


def _package_databases(cache: Path, say: Say) -> Path:
    """Return the directory of the package graph, made again when the packages have changed."""
    directory = cache / "databases"
    directory.mkdir(parents=True, exist_ok=True)
    stamp, made_for = cache / "databases-made-for", _installed_packages()
    target = directory / f"{DATABASE}.lbug"
    complete = target.exists() and stamp.exists() and (directory / MANIFEST).exists()
    if not complete or stamp.read_text() != made_for:
        summary = build_package_graph(target)
        stamp.write_text(made_for)
        say(f"built a LadybugDB database of {summary.nodes} packages, {summary.edges} dependencies")
        _write_manifest(directory)
    return directory


def _write_manifest(directory: Path) -> None:
    """Write down what the databases are, as a master does before its snapshot."""
    argv = ["verify", "--write-manifest", str(directory), "--config", "/nonexistent"]
    run = run_agent(argv, dict(os.environ), timeout_s=_MANIFEST_TIMEOUT_S)
    if run.status:
        raise LabError(f"cannot write the manifest of {directory}: {run.events}")


def _installed_packages() -> str:
    digest = hashlib.sha256()
    for path in (Path("/var/lib/dpkg/status"), Path("/var/lib/rpm/rpmdb.sqlite")):
        if path.exists():
            digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def _pushed(registry: LabRegistry, tag: str) -> str:
    """Return the digest if this very image was pushed before, and is still there."""
    try:
        known = json.loads((registry.directory / "pushed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    digest = str(known.get(tag, ""))
    blob = registry.directory / "images/docker/registry/v2/blobs/sha256"
    hexadecimal = digest.removeprefix("sha256:")
    return digest if digest and (blob / hexadecimal[:2] / hexadecimal / "data").exists() else ""


def _remember(registry: LabRegistry, tag: str, digest: str) -> None:
    (registry.directory / "pushed.json").write_text(json.dumps({tag: digest}), encoding="utf-8")


def _push(registry: LabRegistry, tag: str, image: str | None) -> str:
    """Push the image under `tag` and return its digest; the engine forgets the new name."""
    repository = f"{registry.host}/{REPOSITORY}"
    with _engine() as engine:
        if image is None:
            build_image(
                engine, f"{repository}:{tag}", labels={REGISTRY_LABEL: registry.directory.name}
            )
        else:
            _tag_local(engine, image, repository, tag)
        login = {"username": ECR_USER, "password": registry_password(ACCOUNT_ID)}
        digest = ""
        lines = engine.api.push(repository, tag=tag, auth_config=login, stream=True, decode=True)
        for line in lines:
            if "error" in line:
                raise LabError(f"cannot push the image: {line['error']}")
            digest = (line.get("aux") or {}).get("Digest", digest)
        engine.images.remove(f"{repository}:{tag}", force=True)
    return digest


def _tag_local(engine: docker.DockerClient, image: str, repository: str, tag: str) -> None:
    try:
        engine.images.get(image).tag(repository, tag)
    except ImageNotFound as error:
        raise LabError(
            f"the Docker engine has no image {image}", f"`docker pull {image}` or build it first"
        ) from error


@contextmanager
def _engine() -> Iterator[docker.DockerClient]:
    engine = docker.DockerClient(
        base_url="unix:///var/run/docker.sock", version="auto", timeout=_ENGINE_TIMEOUT_S
    )
    try:
        yield engine
    except DockerException as error:
        raise LabError(
            f"the Docker engine refused: {error}", "its log says more: journalctl -u docker"
        ) from error
    finally:
        engine.close()
