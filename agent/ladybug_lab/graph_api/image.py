"""The container image of the Graph API: this machine's Python and engine, packed without a network.

Nothing is pulled and nothing runs inside: a tar of the files becomes an image of one layer. The
same files give the same tar, so a registry recognises a layer that it already has.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
import py_compile
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import docker
from docker.utils import parse_repository_tag

from ladybug_lab.errors import LabError
from ladybug_lab.graph_api import closure

STORAGE_VERSIONS_LABEL = "org.ladybugdb.storage-versions"
FINGERPRINT_LABEL = "org.ladybugdb.lab.fingerprint"
DATABASES = "/app/data/lbug-dbs"
LOGS = "/app/logs"
PORT = 8001
USER_ID = 1000

# ladybug opens every storage version from 40 to its own since 0.17.1.
_OLDEST_STORAGE_VERSION = 40
_TEXTS = {
    "/etc/passwd": f"root:x:0:0::/:/none\napp:x:{USER_ID}:{USER_ID}::/app:/none\n",
    "/etc/group": f"root:x:0:\napp:x:{USER_ID}:\n",
}


def fingerprint() -> str:
    """Return a digest that changes with what `build_image` would build."""
    digest = hashlib.sha256()
    builders = {PurePosixPath(name): Path(name) for name in (__file__, closure.__file__)}
    for path in sorted({*closure.own_sources().values(), *builders.values()}):
        digest.update(path.read_bytes())
    versions = [platform.python_version(), importlib.metadata.version("ladybug")]
    digest.update("\0".join([*versions, platform.machine()]).encode())
    return digest.hexdigest()


def build_image(engine: docker.DockerClient, tag: str, *, labels: Mapping[str, str]) -> str:
    """Build the image, name it `tag` and return its id; a few seconds."""
    packed = closure.collect()
    storage_versions = f"{_OLDEST_STORAGE_VERSION}-{packed.storage_version}"
    repository, name = parse_repository_tag(tag)
    with tempfile.NamedTemporaryFile(prefix="lab-image-", suffix=".tar") as file:
        _write_layer(Path(file.name), packed, labels)
        answer = engine.api.import_image_from_file(
            file.name,
            repository=repository,
            tag=name,
            changes=_changes(storage_versions, labels),
        )
    last = json.loads(answer.strip().splitlines()[-1])
    if "error" in last:
        raise LabError(f"the Docker engine refused the image {tag}: {last['error']}")
    return str(last["status"])


def _changes(storage_versions: str, labels: Mapping[str, str]) -> list[str]:
    labels = {
        STORAGE_VERSIONS_LABEL: storage_versions,
        FINGERPRINT_LABEL: fingerprint(),
        **labels,
    }
    command = [str(closure.INTERPRETER), *closure.INTERPRETER_FLAGS, str(closure.APP / "server.py")]
    return [
        f"ENTRYPOINT {json.dumps(command)}",
        f"ENV LD_LIBRARY_PATH={closure.LIBRARIES} LBUG_STORAGE_VERSIONS={storage_versions}",
        f"WORKDIR {closure.APP}",
        f"USER {USER_ID}",
        f"EXPOSE {PORT}",
        *(f"LABEL {json.dumps(key)}={json.dumps(value)}" for key, value in labels.items()),
    ]


def _write_layer(target: Path, packed: closure.Closure, labels: Mapping[str, str]) -> None:
    with tarfile.open(target, "w") as tar, tempfile.TemporaryDirectory() as scratch:
        layer = _Layer(tar)
        # The container's tmpfs on /tmp takes its mode from here.
        layer.add_directory(PurePosixPath("/tmp"), mode=0o1777)  # noqa: S108 in the image
        for empty in (DATABASES, LOGS):
            layer.add_directory(PurePosixPath(empty), owner=USER_ID)
        # Another layer for other labels: a pull is a real one although the engine has its like.
        texts = {**_TEXTS, "/etc/image-labels": json.dumps(dict(labels), sort_keys=True)}
        for text_path, text in texts.items():
            layer.add_file(PurePosixPath(text_path), text.encode())
        for path, source in sorted(packed.files.items()):
            mode = 0o755 if path == closure.INTERPRETER or path.suffix != ".py" else 0o644
            layer.add_file(path, source.read_bytes(), mode=mode)
            if path.suffix == ".py" and (source in packed.loaded or closure.APP in path.parents):
                cache = f"{path.stem}.{sys.implementation.cache_tag}.pyc"
                layer.add_file(
                    path.parent / "__pycache__" / cache, _compiled(source, path, scratch)
                )


def _compiled(source: Path, path: PurePosixPath, scratch: str) -> bytes:
    # Without these a start would compile 200 modules first, for most of a second.
    target = Path(scratch) / "module.pyc"
    py_compile.compile(
        str(source),
        cfile=str(target),
        dfile=str(path),
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    return target.read_bytes()


class _Layer:
    """A tar of root's files with all their directories, and no trace of when it was made."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._directories = {PurePosixPath("/")}

    def add_directory(self, path: PurePosixPath, *, mode: int = 0o755, owner: int = 0) -> None:
        if path in self._directories:
            return
        self.add_directory(path.parent)
        self._directories.add(path)
        entry = tarfile.TarInfo(str(path.relative_to("/")))
        entry.type = tarfile.DIRTYPE
        entry.mode = mode
        entry.uid = entry.gid = owner
        self._tar.addfile(entry)

    def add_file(self, path: PurePosixPath, content: bytes, *, mode: int = 0o644) -> None:
        self.add_directory(path.parent)
        entry = tarfile.TarInfo(str(path.relative_to("/")))
        entry.mode = mode
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))
