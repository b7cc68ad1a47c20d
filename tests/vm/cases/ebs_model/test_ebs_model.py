"""A disk that says of itself what EBS volumes say, so that the links in /dev are EC2's own."""

from __future__ import annotations

import pytest

from vm.conftest import Launch
from vm.hardware import Volume
from vm.inside import mounted_from

pytestmark = pytest.mark.vm

MODEL = "Amazon Elastic Block Store"
SUBSYSTEM = "/sys/kernel/config/nvmet/subsystems/ebs"
PORT = "/sys/kernel/config/nvmet/ports/1"


def present_as_ebs(serial: str) -> str:
    """Return a script that has the kernel serve /dev/nvme0n1 as an NVMe disk of EBS's model."""
    return f"""set -eu
modprobe nvmet-tcp && modprobe nvme-tcp
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
mkdir {SUBSYSTEM} && cd {SUBSYSTEM}
echo 1 >attr_allow_any_host
echo '{MODEL}' >attr_model
echo {serial} >attr_serial
mkdir namespaces/1
echo /dev/nvme0n1 >namespaces/1/device_path
echo 1 >namespaces/1/enable
mkdir {PORT} && cd {PORT}
echo tcp >addr_trtype; echo ipv4 >addr_adrfam; echo 127.0.0.1 >addr_traddr; echo 4420 >addr_trsvcid
ln -s {SUBSYSTEM} subsystems/ebs
nvme connect --transport=tcp --traddr=127.0.0.1 --trsvcid=4420 --nqn=ebs
udevadm settle
"""


def test_a_disk_with_ebs_s_own_model_is_found_by_its_serial(launch: Launch) -> None:
    instance = launch("idle")
    instance.resume()
    # What serves it has another serial: there is one disk with the volume's.
    behind = Volume(volume_id="behind", image=instance.volume.image)
    instance.plug(behind)
    guest = instance.on.guest
    guest.shell("udevadm settle")
    guest.shell(present_as_ebs(instance.volume.serial))
    link = f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{instance.volume.serial}"
    node = guest.shell(f"readlink --canonicalize {link}").strip()
    assert guest.read(f"/sys/block/{node.removeprefix('/dev/')}/device/model").strip() == MODEL
    instance.run_user_data()
    row = instance.await_registered()
    assert row["volume_id"] == instance.volume.volume_id
    assert mounted_from(instance) == node
