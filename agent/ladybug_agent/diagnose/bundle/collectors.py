"""The ways to collect: what a command prints, what a file holds, what a container is."""

from __future__ import annotations

import json
import os
import shlex
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ladybug_agent.clock import Deadline
from ladybug_agent.diagnose.bundle.spool import Spool
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.ports.bundle import StreamCommand
from ladybug_agent.redaction.environment import masked

MIB = 1024 * 1024
CHUNK_BYTES = 64 * 1024


class Collector(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str:
        """Where the contents come from, as the manifest says it."""
        ...

    @property
    def most_bytes(self) -> int: ...

    def collect(self, spool: Spool, deadline: Deadline) -> str:
        """Fill the file; return what is to be remarked. Raises AgentError, OSError, ValueError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a command prints, its errors included."""

    name: str
    argv: tuple[str, ...]
    run: StreamCommand = field(repr=False)
    most_bytes: int = 2 * MIB

    @property
    def source(self) -> str:
        return shlex.join(self.argv)

    def collect(self, spool: Spool, deadline: Deadline) -> str:
        status = self.run(self.argv, spool.take, deadline=deadline)
        return "" if status == 0 or spool.is_cut else f"ended with status {status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What is in a file."""

    name: str
    path: Path
    most_bytes: int = 2 * MIB

    @property
    def source(self) -> str:
        return str(self.path)

    def collect(self, spool: Spool, deadline: Deadline) -> str:
        # Not blocking, should there be a pipe in the place of the file.
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - there is a descriptor already
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return "no regular file"
            while (data := file.read(CHUNK_BYTES)) and spool.take(data):
                deadline.check(f"the end of {self.path}")
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What the container engine says of a container, with its environment masked."""

    name: str
    argv: tuple[str, ...]
    run: StreamCommand = field(repr=False)
    most_bytes: int = MIB

    @property
    def source(self) -> str:
        return shlex.join(self.argv)

    def collect(self, spool: Spool, deadline: Deadline) -> str:
        printed = bytearray()

        def take(data: bytes) -> bool:
            printed.extend(data)
            return len(printed) <= self.most_bytes

        status = self.run(self.argv, take, deadline=deadline)
        if status != 0:
            spool.take(bytes(printed[:CHUNK_BYTES]))
            return f"ended with status {status}"
        document = spool.take_document(masked(_parsed(bytes(printed))))
        spool.write_as_it_is(json.dumps(document, indent=1) + "\n")
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A text of the diagnosis itself, redacted as its format needs it."""

    name: str
    text: str = field(repr=False)
    source: str = "this diagnosis"
    most_bytes: int = 4 * MIB

    def collect(self, spool: Spool, deadline: Deadline) -> str:
        deadline.check(self.name)
        spool.write_as_it_is(self.text)
        return ""


def _parsed(printed: bytes) -> object:
    try:
        document: object = json.loads(printed)
    except (ValueError, RecursionError) as error:
        raise ExternalFailure(
            "support_bundle_source_garbled",
            "wanted a JSON document of the container, found something else",
            hint="look at it by hand: `docker inspect`",
        ) from error
    return document
