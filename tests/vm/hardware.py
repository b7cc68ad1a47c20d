"""The machine's hardware, as the command line that QEMU takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vm import lan
from vm.image.build import MachineImage

SLOTS = 6
MEMORY_MIB = 2048
ROOT_SERIAL = "vol0aaaaaaaaaaaaaaaa"
# An older processor: what newer ones add has to be emulated, too.
PROCESSOR = "Nehalem"
KERNEL_OPTIONS = (
    "root=LABEL=root rw console=ttyS0 panic=5 net.ifnames=0 tsc=nowatchdog mitigations=off"
    # Docker takes AppArmor for usable without its parser, and then runs nothing.
    " apparmor=0 loglevel=5 systemd.show_status=1"
)

RootBus = Literal["nvme", "virtio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An EBS volume: a disk image (qcow2), and its id as the NVMe serial number."""

    volume_id: str
    image: Path

    @property
    def serial(self) -> str:
        return self.volume_id.replace("-", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    image: MachineImage
    root: Path
    """The root disk (qcow2), which is written to."""
    volumes: tuple[Volume | None, ...] = ()
    """What is in the slots when the power comes; None leaves one empty."""
    root_bus: RootBus = "nvme"
    """NVMe as on EC2; a machine whose memory is to be saved cannot have any."""
    instance_uuid: str = "ec2e1916-9099-7caf-fd21-012345abcdef"

    def command(self, directory: Path, *, resume: Path | None = None) -> list[str]:
        """Return QEMU's command line; its sockets and the console's log are in `directory`."""
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            # Never KVM: where it is there, it hangs in nested machines.
            "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", PROCESSOR,
            "-smp", "2", "-m", str(MEMORY_MIB), "-rtc", "base=utc",
            "-kernel", str(self.image.kernel), "-initrd", str(self.image.initrd),
            "-append", KERNEL_OPTIONS,
            *self._identity(), *_connections(directory), *_network(),
            *self._disks(),
            *(("-incoming", f"exec:cat {resume}") if resume else ()),
        ]  # fmt: skip

    def _identity(self) -> list[str]:
        """Return what cloud-init knows EC2 by."""
        number = f"serial={self.instance_uuid},uuid={self.instance_uuid}"
        return [
            "-smbios", "type=0,vendor=Amazon EC2,version=1.0",
            "-smbios", f"type=1,manufacturer=Amazon EC2,product=m7i.large,{number}",
            "-smbios", "type=3,manufacturer=Amazon EC2,asset=Amazon EC2",
        ]  # fmt: skip

    def _disks(self) -> list[str]:
        kind = "virtio-blk-pci" if self.root_bus == "virtio" else f"nvme,serial={ROOT_SERIAL}"
        found = [*_drive("root", self.root), "-device", f"{kind},drive=root"]
        for slot in range(SLOTS):
            found += ["-device", f"pcie-root-port,id=slot{slot},chassis={slot + 1},slot={slot + 1}"]
        for slot, volume in enumerate(self.volumes):
            if volume is not None:
                name = f"volume{slot}"
                found += _drive(name, volume.image)
                device = f"nvme,drive={name},serial={volume.serial},bus=slot{slot}"
                found += ["-device", f"{device},id=in-slot{slot}"]
        return found


def _drive(name: str, image: Path) -> list[str]:
    # What the guest has written is kept if QEMU is killed, for the host goes on running.
    return ["-drive", f"file={image},format=qcow2,if=none,id={name},cache=unsafe"]


def _connections(directory: Path) -> list[str]:
    return [
        "-qmp", f"unix:{directory}/qmp,server=on,wait=off",
        "-chardev", f"file,id=console,path={directory}/console.log,append=on",
        "-serial", "chardev:console",
        "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=agent,path={directory}/agent,server=on,wait=off",
        "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        "-object", "rng-random,id=random,filename=/dev/urandom",
        "-device", "virtio-rng-pci,rng=random",
    ]  # fmt: skip


def _network() -> list[str]:
    user = (
        f"user,id=net,ipv6=off,net={lan.SUBNET},host={lan.GATEWAY},dns={lan.NO_NAME_SERVER},"
        f"dhcpstart={lan.GUEST},"
        f"hostfwd=tcp:127.0.0.1:{lan.SERVICE_FROM_OUTSIDE}-{lan.GUEST}:{lan.SERVICE_PORT}"
    )
    return ["-netdev", user, "-device", f"virtio-net-pci,netdev=net,mac={lan.MAC},romfile="]
