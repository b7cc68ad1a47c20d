"""Open TCP connections, as the network namespace of a process has them."""

from __future__ import annotations

from pathlib import Path

ESTABLISHED = "01"
TABLES = ("net/tcp", "net/tcp6")


class ProcConnections:
    """Reads `/proc/<pid>/net/tcp` (proc_pid_net(5)).

    The container's own table, not the machine's: what comes from outside reaches a published port
    by address translation, and never is a connection of the machine itself.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def established(self, pid: int, port: int) -> int:
        """Return the number; 0 once the process has gone."""
        return sum(_count(self._table(pid, name), port) for name in TABLES)

    def _table(self, pid: int, name: str) -> str:
        try:
            return (self._proc / str(pid) / name).read_text(encoding="ascii")
        except OSError:
            return ""


def _count(table: str, port: int) -> int:
    """Count the rows of a table whose local port it is.

    >>> _count("sl local_address rem_address st\\n0: 0100007F:1F41 0200007F:C350 01 0", 8001)
    1
    """
    rows = (line.split() for line in table.splitlines()[1:])
    return sum(
        len(row) > 3  # noqa: PLR2004
        and row[3] == ESTABLISHED
        and int(row[1].rpartition(":")[2], 16) == port
        for row in rows
    )
