"""The disk of an instance as launched: Debian with cloud-init, Docker and nothing of the agent.

Made once from the package archive and kept in the lab's cache, by a hash of all that it is made of.
No network is needed then. `python -m vm.image.build` makes it, which is set-up.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ladybug_lab.depot import cache_directory
from ladybug_lab.shell import run

RECIPE = Path(__file__).parent
SUITE = "bookworm"  # systemd 252, as Amazon Linux 2023 has it
DISK_GIB = 6
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DOCKER_AT_BOOT = ("docker.service", "containerd.service")
WANTED = {
    "multi-user.target": ("systemd-networkd.service",),
    "network-online.target": ("systemd-networkd-wait-online.service",),
    "sockets.target": ("systemd-networkd.socket",),
}
_BOOTSTRAP_TIMEOUT_S = 900.0
_DISK_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineImage:
    """Kernel, initial RAM disk, and a raw disk that is only ever read."""

    kernel: Path
    initrd: Path
    disk: Path
    name: str


def ensure_machine_image() -> MachineImage:
    """Return the image; about 2 minutes the first time, then a moment."""
    name = recipe()
    kept = cache_directory() / "vm" / name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".making-") as scratch:
            _make(Path(scratch))
            (Path(scratch) / "image").rename(kept)
    return MachineImage(
        kernel=kept / "vmlinuz", initrd=kept / "initrd.img", disk=kept / "root.img", name=name
    )


def recipe() -> str:
    """Return a name that changes with all that goes into the image."""
    digest = hashlib.sha256()
    for path in sorted(path for path in RECIPE.rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(RECIPE)} {path.stat().st_mode:o}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _make(scratch: Path) -> None:
    root, image = scratch / "root", scratch / "image"
    image.mkdir()
    _bootstrap(root)
    _settle(root)
    (kernel,) = (root / "boot").glob("vmlinuz-*")
    (initrd,) = (root / "boot").glob("initrd.img-*")
    kernel.rename(image / "vmlinuz")
    initrd.rename(image / "initrd.img")
    disk = image / "root.img"
    with disk.open("wb") as file:
        file.truncate(DISK_GIB * 2**30)
    run(
        ["mke2fs", "-q", "-t", "ext4", "-L", "root", "-m", "0",
         "-E", "lazy_itable_init=1,root_owner=0:0", "-d", str(root), str(disk)],
        timeout_s=_DISK_TIMEOUT_S,
    )  # fmt: skip


def _bootstrap(root: Path) -> None:
    left_out = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    run(
        ["mmdebstrap", "--variant=minbase", "--mode=root", *left_out,
         "--dpkgopt=force-unsafe-io", '--aptopt=APT::Install-Recommends "false"',
         f"--include={','.join(_lines('packages.txt'))}", SUITE, str(root)],
        timeout_s=_BOOTSTRAP_TIMEOUT_S,
    )  # fmt: skip


def _settle(root: Path) -> None:
    """Put our files over those of the packages, and leave nothing that belongs to one machine."""
    shutil.copytree(RECIPE / "rootfs", root, dirs_exist_ok=True)
    units = root / "etc/systemd/system"
    for unit in _lines("masked.txt"):
        _link(units / unit, "/dev/null")
    for target, names in WANTED.items():
        for name in names:
            _link(units / f"{target}.wants" / name, f"/lib/systemd/system/{name}")
    for name in DOCKER_AT_BOOT:  # the agent's units start it
        (units / "multi-user.target.wants" / name).unlink(missing_ok=True)
    (root / "etc/machine-id").write_text("")
    # A lookup without a name server fails at once; cloud-init waits 40 s for one that is silent.
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").write_text("")
    (root / "var/log/journal").mkdir(exist_ok=True)  # so that it outlives a power cut


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _lines(name: str) -> list[str]:
    text = (RECIPE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


if __name__ == "__main__":
    print(ensure_machine_image().disk)
