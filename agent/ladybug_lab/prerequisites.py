"""What the lab needs from this machine, and the command that provides it."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.shell import SEARCH_PATH

_DOCKER_SOCKET = "/var/run/docker.sock"
_DOCKER_TIMEOUT_S = 3.0
_LOOP_CONTROL = Path("/dev/loop-control")
_LOOP_CTL_GET_FREE = 0x4C82  # linux/loop.h

_INSTALL_EXTRA = "pip install 'ladybug-agent[lab]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something the lab cannot do without: `remedy` is a command."""

    what: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    name: str
    why: str
    apt: str
    dnf: str


_PROGRAMS = [
    _Program(name="docker-registry", why="serves the image", apt="docker-registry", dnf=""),
    _Program(
        name="htpasswd", why="the registry's password", apt="apache2-utils", dnf="httpd-tools"
    ),
    _Program(name="mkfs.xfs", why="makes the volume", apt="xfsprogs", dnf="xfsprogs"),
    _Program(name="losetup", why="attaches the volume", apt="mount", dnf="util-linux"),
    _Program(name="blkid", why="reads the volume's type", apt="util-linux", dnf="util-linux"),
    _Program(name="udevadm", why="gives the volume its serial", apt="udev", dnf="systemd-udev"),
    _Program(name="ldd", why="finds the image's libraries", apt="libc-bin", dnf="glibc-common"),
]
# The lazily loaded volume is built from its source, and measured; a rehearsal does without.
_LAZY_PROGRAMS = [
    _Program(name="gcc", why="builds the lazy volume", apt="gcc libc6-dev", dnf="gcc glibc-devel"),
    _Program(name="pkg-config", why="finds libfuse3", apt="pkg-config", dnf="pkgconf-pkg-config"),
    _Program(name="fio", why="what a volume is measured with", apt="fio", dnf="fio"),
]
_FUSE_HEADER = Path("/usr/include/fuse3/fuse_lowlevel.h")
_MODULES = {"ladybug": "the database engine", "moto": "the emulated AWS"}


def missing(*, lazy_volume: bool = False) -> list[Missing]:
    """Return what is not there; takes milliseconds, and 3 s at most if Docker does not answer.

    `lazy_volume` asks also for what the lazily loaded volume needs.
    """
    checks: list[Callable[[], Missing | None]] = [_root, _docker, _loop_devices]
    checks += [_fuse_headers] if lazy_volume else []
    found = [check() for check in checks]
    found += [_program(program) for program in _PROGRAMS + (_LAZY_PROGRAMS if lazy_volume else [])]
    found += [_module(name, why) for name, why in _MODULES.items()]
    return [item for item in found if item is not None]


def _root() -> Missing | None:
    if os.geteuid() == 0:
        return None
    return Missing(what="root", why="mounts and loop devices", remedy="sudo ladybug-agent rehearse")


def _docker() -> Missing | None:
    if _docker_answers():
        return None
    start = "systemctl start docker"
    remedy = (
        start
        if shutil.which("dockerd", path=SEARCH_PATH)
        else (f"{_install('docker.io', 'docker')} && {start}")
    )
    return Missing(what="Docker engine", why="runs the Graph API", remedy=remedy)


def _docker_answers() -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_DOCKER_TIMEOUT_S)
        try:
            connection.connect(
                os.environ.get("DOCKER_HOST", _DOCKER_SOCKET).removeprefix("unix://")
            )
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
        except PermissionError:
            return True  # it is there; the want of root is reported already
        except OSError:
            return False


def _loop_devices() -> Missing | None:
    try:
        control = os.open(_LOOP_CONTROL, os.O_RDWR)
        try:
            number = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
        finally:
            os.close(control)
    except PermissionError:
        return None  # for want of root, which is reported already
    except OSError:
        number = -1
    if Path(f"/dev/loop{number}").is_block_device():
        return None
    return Missing(
        what="loop devices",
        why="the volume is a file behind one",
        remedy="modprobe loop  # inside a container: run it with --privileged --volume /dev:/dev",
    )


def _fuse_headers() -> Missing | None:
    if _FUSE_HEADER.exists():
        return None
    remedy = _install("libfuse3-dev", "fuse3-devel")
    return Missing(what="headers of libfuse3", why="builds the lazy volume", remedy=remedy)


def _program(program: _Program) -> Missing | None:
    if shutil.which(program.name, path=SEARCH_PATH):
        return None
    return Missing(what=program.name, why=program.why, remedy=_install(program.apt, program.dnf))


def _module(name: str, why: str) -> Missing | None:
    if importlib.util.find_spec(name):
        return None
    return Missing(what=f"Python module {name}", why=why, remedy=_INSTALL_EXTRA)


def _install(apt: str, dnf: str) -> str:
    if dnf and shutil.which("dnf") and not shutil.which("apt-get"):
        return f"dnf install --assumeyes {dnf}"
    return f"apt-get install --yes {apt}"
