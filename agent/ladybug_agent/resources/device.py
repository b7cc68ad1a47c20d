"""The data device: the volume's disk, readable from end to end, with the expected filesystem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ladybug_agent.clock import Deadline
from ladybug_agent.config.data import DataConfig
from ladybug_agent.errors import DeadlineExceeded, ExternalFailure, NotYet, Refused
from ladybug_agent.model.storage import FilesystemProbe
from ladybug_agent.ports.storage import KernelLog, PinnedDevice
from ladybug_agent.resources.volume import Volume
from ladybug_agent.waiting import BRISK, wait_until

BLOCK_BYTES = 4096
QUOTED_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDevice:
    """Evidence: the volume's disk is pinned, answers reads, and holds the expected filesystem."""

    volume: Volume
    pinned: PinnedDevice
    filesystem: str
    filesystem_uuid: str

    @property
    def where(self) -> str:
        """The device for messages: volume id and node."""
        return f"{self.volume.volume_id} ({self.pinned.disk.node})"


def await_device(
    pinned: PinnedDevice,
    volume: Volume,
    kernel_log: KernelLog,
    rules: DataConfig,
    deadline: Deadline,
) -> DataDevice:
    """Block until the size holds still, three blocks read, and the superblock is recognised.

    Each read has `data.read_timeout_s`, in a process of its own: a read of an impaired volume
    cannot be cancelled. Raises Refused for a blank, partitioned or foreign disk.
    """
    probe = await_readable(pinned, kernel_log, rules.read_timeout_s, deadline)
    return DataDevice(
        volume=volume,
        pinned=pinned,
        filesystem=judge_filesystem(probe, f"{volume.volume_id} ({pinned.disk.node})", rules),
        filesystem_uuid=probe.uuid or "",
    )


def await_readable(
    pinned: PinnedDevice, kernel_log: KernelLog, read_timeout_s: float, deadline: Deadline
) -> FilesystemProbe:
    """Block until first, middle and last block have been read; return the signatures found."""
    await_stable_size(pinned, deadline)
    size = pinned.size_bytes()
    with kernel_log.follow() as kernel_says, _read_errors(pinned, kernel_says):
        for offset in (0, size // 2 // BLOCK_BYTES * BLOCK_BYTES, size - BLOCK_BYTES):
            pinned.read_block(offset, deadline.capped(read_timeout_s))
        return pinned.probe(deadline.capped(read_timeout_s))


def await_stable_size(pinned: PinnedDevice, deadline: Deadline) -> None:
    """Block until the size is what it was at the look before; the scan's was the first."""
    sizes = [pinned.disk.size_bytes]

    def look() -> None:
        sizes.append(pinned.size_bytes())
        if sizes[-1] == 0 or sizes[-1] != sizes[-2]:
            raise NotYet(
                "device_size_changes",
                f"{pinned.disk.node} had {sizes[-2]} bytes, and has {sizes[-1]} now",
                hint="is the volume being modified? wait until EC2 has finished",
            )

    wait_until(look, f"the size of {pinned.disk.node} to hold still", deadline=deadline, pace=BRISK)
    if sizes[-1] != sizes[0]:
        raise Refused(
            "device_replaced",
            f"{pinned.disk.node} had {sizes[0]} bytes when it was found, and has {sizes[-1]} now",
            hint="the volume was modified or replaced meanwhile: run the boot again",
        )


def judge_filesystem(probe: FilesystemProbe, where: str, rules: DataConfig) -> str:
    """Return the filesystem if it is the expected one, and refuse everything else."""
    if probe.filesystem == rules.filesystem:
        return probe.filesystem
    if probe.filesystem:
        raise Refused(
            "filesystem_unexpected",
            f"wanted {rules.filesystem} on {where}, found {probe.filesystem}",
            hint="is it the right snapshot? otherwise set `data.filesystem`",
        )
    if probe.partition_table:
        raise Refused(
            "filesystem_partitioned",
            f"wanted {rules.filesystem} on {where}, found a {probe.partition_table} partition"
            " table",
            hint="the snapshot must be of the master's data volume, which has no partitions",
        )
    raise Refused(
        "filesystem_missing",
        f"wanted {rules.filesystem} on {where}, found a blank device",
        hint="was the SnapshotId dropped from the launch template's block device mapping?",
    )


@contextmanager
def _read_errors(
    pinned: PinnedDevice, kernel_says: Callable[[], tuple[str, ...]]
) -> Iterator[None]:
    """Tell a disk that answers with an error from one that does not answer."""
    node = pinned.disk.node
    try:
        with hang_errors(node):
            yield
    except ExternalFailure as error:
        if error.code != "command_failed":
            raise
        raise ExternalFailure(
            "device_unreadable",
            f"cannot read {node}; {quote_kernel(kernel_says(), node)}",
            hint="is the volume impaired? `aws ec2 describe-volume-status`; then replace the"
            " instance",
        ) from error


@contextmanager
def hang_errors(where: str) -> Iterator[None]:
    """Say of what does not come back, killed or not, that the device does not answer."""
    try:
        yield
    except DeadlineExceeded as error:
        raise _unresponsive(where) from error
    except ExternalFailure as error:
        if error.code != "command_unkillable":
            raise
        raise _unresponsive(where) from error


def _unresponsive(where: str) -> ExternalFailure:
    return ExternalFailure(
        "device_unresponsive",
        f"a read of {where} did not come back in time",
        hint="is I/O enabled on the volume (`aws ec2 describe-volume-status`)? a first touch takes"
        " milliseconds: replace the instance, or raise `data.read_timeout_s`",
    )


def quote_kernel(lines: tuple[str, ...], node: str) -> str:
    """Return what the kernel said about the device, for a message.

    >>> quote_kernel(("eth0: up", "XFS (nvme1n1): Corruption detected"), "/dev/nvme1n1")
    'the kernel says: XFS (nvme1n1): Corruption detected'
    """
    name = node.removeprefix("/dev/")
    named = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")  # nvme1n1 is not nvme1n10
    about = [line for line in lines if named.search(line)][-QUOTED_LINES:]
    return f"the kernel says: {' / '.join(about)}" if about else "the kernel's log says nothing"
