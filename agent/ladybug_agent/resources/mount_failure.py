"""Why a mount failed, in the kernel's words: mount(8) itself has one text for most of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ladybug_agent.errors import ExternalFailure
from ladybug_agent.ports.storage import KernelLog
from ladybug_agent.resources.device import hang_errors, quote_kernel

NEW_SNAPSHOT = "never repair the clone: take a new snapshot, with the filesystem unmounted"
DUPLICATE_UUID = re.compile(r"duplicate UUID")
TOO_NEW = re.compile(
    r"unknown (read-only compatible|incompatible|compatible) (log )?features"
    r"|unsupported optional features"
)
TRUNCATED = re.compile(r"last sector read failed|bad geometry|exceeds size of device")
JOURNAL = re.compile(
    r"failed to find log head|log mount/recovery failed|[Ll]og inconsistent|bad log|log recovery"
    r"|[Ee]rror loading journal|Could not load journal|journal.*(corrupt|invalid|no valid)"
)
# XFS says "metadata I/O error … error 74" (or 117) of what it could read, and found corrupt.
UNREADABLE = re.compile(
    r"(?<!metadata )I/O error|metadata I/O error.* error 5\b|medium error|critical target error"
)
CORRUPT = re.compile(r"[Cc]orrupt|bad magic|checksum|SB validate failed|Structure needs cleaning")


def judge_mount_failure(
    lines: tuple[str, ...], complaint: str, node: str, where: str, path: str
) -> ExternalFailure:
    """Return what the kernel's messages about `node`, and mount(8)'s own complaint, amount to.

    `where` is the device for people.
    """
    quoted = quote_kernel(lines, node)
    what = f"cannot mount {where} at {path}; {quoted}"
    said = f"{quoted} {complaint}"
    if DUPLICATE_UUID.search(said):
        hint = "another mount of the same snapshot lacks `nouuid`: look with `findmnt -t xfs`"
        return ExternalFailure("filesystem_duplicate_uuid", what, hint=hint)
    if TOO_NEW.search(said):
        hint = "a newer kernel or xfsprogs than this AMI's wrote the snapshot: update the AMI"
        return ExternalFailure("filesystem_too_new", what, hint=hint)
    if device := _of_device(said, what):
        return device
    if JOURNAL.search(said):
        return ExternalFailure("filesystem_journal_corrupt", what, hint=NEW_SNAPSHOT)
    if CORRUPT.search(said):
        return ExternalFailure("filesystem_corrupt", what, hint=NEW_SNAPSHOT)
    hint = f"look with `dmesg | grep {node.rpartition('/')[2]}`; {NEW_SNAPSHOT}"
    return ExternalFailure("mount_failed", what, hint=hint)


@contextmanager
def mount_errors(kernel_log: KernelLog, node: str, where: str, path: str) -> Iterator[None]:
    """Put what the kernel said meanwhile in the place of mount(8)'s one text for everything."""
    with kernel_log.follow() as kernel_says:
        try:
            with hang_errors(where):
                yield
        except ExternalFailure as error:
            if error.code != "command_failed":
                raise
            raise judge_mount_failure(kernel_says(), str(error), node, where, path) from error


def _of_device(said: str, what: str) -> ExternalFailure | None:
    """Return the error if it is the disk's, and not the filesystem's on it."""
    if TRUNCATED.search(said):
        hint = "the disk is smaller than the filesystem on it: is it the right volume, and whole?"
        return ExternalFailure("device_truncated", what, hint=hint)
    if UNREADABLE.search(said):
        hint = "is the volume impaired? `aws ec2 describe-volume-status`; replace the instance"
        return ExternalFailure("device_unreadable", what, hint=hint)
    return None
