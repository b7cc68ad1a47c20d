"""What an NVMe controller says about itself: the Identify Controller data of an EBS volume.

Layout (NVM Express base specification, figure "Identify Controller data structure"; vendor bytes as
in amazon-ec2-utils' `ebsnvme`): bytes 0-1 PCI vendor, 4-23 serial number, 24-63 model number,
3072-3103 the device name of the attachment. Text is padded with spaces (EBS) or NUL (instance
store), and a full field has no terminator.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from dataclasses import dataclass

NVME_IOCTL_ADMIN_CMD = 0xC0484E41  # _IOWR('N', 0x41, struct nvme_admin_cmd), linux/nvme_ioctl.h
IDENTIFY = 0x06
IDENTIFY_CONTROLLER = 1
PAGE_BYTES = 4096
TIMEOUT_MS = 5000
AMAZON = 0x1D0F


class _AdminCommand(ctypes.Structure):
    """`struct nvme_admin_cmd`, 72 bytes."""

    _fields_ = (
        ("opcode", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("command_id", ctypes.c_uint16),
        ("namespace_id", ctypes.c_uint32),
        ("reserved", ctypes.c_uint64),
        ("metadata", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("metadata_length", ctypes.c_uint32),
        ("data_length", ctypes.c_uint32),
        ("command_dwords", ctypes.c_uint32 * 6),  # cdw10 to cdw15
        ("timeout_ms", ctypes.c_uint32),
        ("result", ctypes.c_uint32),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NvmeIdentity:
    vendor_id: int
    serial: str
    model: str
    device_name: str
    """EC2's name for the attachment; empty unless the controller is Amazon's."""


def identify_controller(node: str) -> bytes:
    """Ask the controller behind a node for its 4096 bytes. Needs CAP_SYS_ADMIN.

    Raises OSError; blocks for at most 5 s.
    """
    buffer = ctypes.create_string_buffer(PAGE_BYTES)
    command = _AdminCommand(
        opcode=IDENTIFY,
        address=ctypes.addressof(buffer),
        data_length=PAGE_BYTES,
        timeout_ms=TIMEOUT_MS,
    )
    command.command_dwords[0] = IDENTIFY_CONTROLLER
    handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = fcntl.ioctl(handle, NVME_IOCTL_ADMIN_CMD, command)
    finally:
        os.close(handle)
    if status:
        raise OSError(f"{node} answered Identify Controller with the NVMe status {status:#x}")
    return buffer.raw


def parse_identity(page: bytes) -> NvmeIdentity | None:
    """Parse Identify Controller data; None if it is too short to be that."""
    if len(page) < PAGE_BYTES:
        return None
    vendor_id = int.from_bytes(page[0:2], "little")
    # An instance store volume has `ephemeral0:sdb`, or `ephemeral0:none`.
    name = _text(page[3072:3104]).rpartition(":")[2] if vendor_id == AMAZON else ""
    return NvmeIdentity(
        vendor_id=vendor_id,
        serial=_text(page[4:24]),
        model=_text(page[24:64]),
        device_name="" if name == "none" else name,
    )


def _text(field: bytes) -> str:
    """Decode a padded field; bytes that are no text make it a name that matches nothing."""
    return field.partition(b"\0")[0].decode("ascii", errors="replace").strip()
