"""The 4096 bytes by which EC2's NVMe disks identify themselves (NVMe: Identify Controller).

Offsets and paddings are those that amazon-ec2-utils' `ebsnvme` and reecetech's ebs-bootstrap read.
"""

from __future__ import annotations

import re
import struct

from ladybug_lab.errors import LabError
from ladybug_lab.volumes.udev import MODEL

IDENTIFY_BYTES = 4096
AMAZON = 0x1D0F
INSTANCE_STORE_MODEL = "Amazon EC2 NVMe Instance Storage"

_VOLUME_ID = re.compile(r"vol-([0-9a-f]{8}|[0-9a-f]{17})")
_HEAD = struct.Struct("<HH20s40s8s")  # vendor, subsystem vendor, serial, model, firmware
_NAMESPACES = struct.Struct("<I")
_NAMESPACES_OFFSET = 516
_DEVICE_NAME_OFFSET = 3072
_SERIAL_BYTES, _MODEL_BYTES, _FIRMWARE_BYTES, _DEVICE_NAME_BYTES = 20, 40, 8, 32


def ebs_identify_page(volume_id: str, device_name: str) -> bytes:
    """Return the page of an EBS volume.

    The device name has no `/dev/` if the volume was attached at launch, and has it if later.
    """
    found = _VOLUME_ID.fullmatch(volume_id)
    if found is None:
        raise LabError(f"{volume_id!r} is no volume id", "vol- and 17 (or 8) hexadecimal digits")
    name = _padded(device_name, _DEVICE_NAME_BYTES, b" ")
    return _page(f"vol{found[1]}", MODEL, "1.0", name)


def instance_store_identify_page(serial: str, device_name: str) -> bytes:
    """Return the page of a disk of the host; the name is such as `ephemeral0:sdh`."""
    name = _padded(device_name, _DEVICE_NAME_BYTES, b"\0")
    return _page(serial, INSTANCE_STORE_MODEL, "0", name)


def _page(serial: str, model: str, firmware: str, device_name: bytes) -> bytes:
    page = bytearray(IDENTIFY_BYTES)
    _HEAD.pack_into(
        page,
        0,
        AMAZON,
        AMAZON,
        _padded(serial, _SERIAL_BYTES, b" "),
        _padded(model, _MODEL_BYTES, b" "),
        _padded(firmware, _FIRMWARE_BYTES, b" "),
    )
    _NAMESPACES.pack_into(page, _NAMESPACES_OFFSET, 1)
    page[_DEVICE_NAME_OFFSET : _DEVICE_NAME_OFFSET + _DEVICE_NAME_BYTES] = device_name
    return bytes(page)


def _padded(text: str, width: int, filler: bytes) -> bytes:
    """Return the field, which has no terminator when it is full."""
    encoded = text.encode("ascii")
    if len(encoded) > width:
        raise LabError(f"{text!r} is {len(encoded)} bytes long and the field is {width}")
    return encoded.ljust(width, filler)
