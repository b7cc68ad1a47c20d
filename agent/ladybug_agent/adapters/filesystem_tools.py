"""What blkid(8), xfs_logprint(8) and dumpe2fs(8) say of a filesystem, understood."""

from __future__ import annotations

import re

from ladybug_agent.model.storage import FilesystemProbe, JournalState

# What tells the state of the journal without writing: xfs_logprint(8), dumpe2fs(8).
JOURNAL_TOOLS = {
    "xfs": (["xfs_logprint", "-t"], re.compile(r"state: <(CLEAN|DIRTY)>")),
    "ext4": (["dumpe2fs", "-h"], re.compile(r"^Filesystem features:.*", re.MULTILINE)),
}


def judge_journal(found: re.Match[str] | None) -> JournalState:
    """Judge what a tool says of the journal: a state, or the features of an ext4 filesystem.

    >>> judge_journal(re.search("state: <(DIRTY)>", "    log tail: 5 head: 8 state: <DIRTY>"))
    'dirty'
    """
    if found is None:
        return "unknown"
    if found.re.groups:
        return "dirty" if found[1] == "DIRTY" else "clean"
    return "dirty" if "needs_recovery" in found[0].split() else "clean"


def parse_blkid(text: str) -> FilesystemProbe:
    """Parse `blkid --output export`: one KEY=value a line, nothing for a blank device.

    >>> parse_blkid("DEVNAME=/dev/nvme1n1\\nUUID=f00\\nTYPE=xfs\\n").filesystem
    'xfs'
    """
    pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return FilesystemProbe(
        filesystem=pairs.get("TYPE"), uuid=pairs.get("UUID"), partition_table=pairs.get("PTTYPE")
    )
