"""Programs that print what a test says, and a bucket in memory."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from ladybug_agent.clock import Deadline
from ladybug_agent.errors import AgentError, ExternalFailure
from support.canaries import ECR_PASSWORD, PASSWORD, PEM

CONTAINER = {
    "Name": "/graph-api-shared",
    "Image": "sha256:" + "ab" * 32,
    "Config": {
        "Env": [f"DB_PASSWORD={PASSWORD}", "LOG_LEVEL=info", "FLAG"],
        "Cmd": ["serve", "--token=hunter2-hunter2"],
        "Labels": {"org.ladybugdb.storage-versions": "40-49"},
    },
}


class FakePrograms:
    """What is printed is decided by the words of the command line; the first rule counts."""

    def __init__(self) -> None:
        self.prints: list[tuple[str, bytes, int]] = [
            ("inspect", json.dumps([CONTAINER]).encode(), 0),
            ("docker logs", f"login with {PASSWORD}\n{PEM}\n".encode(), 0),
            ("journalctl", b"Nov 28 agent[1]: pulled with " + ECR_PASSWORD + b"\n", 0),
        ]
        self.failing: dict[str, AgentError] = {}
        self.ran: list[str] = []
        self.chunk_bytes = 7

    def __call__(
        self, argv: Sequence[str], take: Callable[[bytes], bool], *, deadline: Deadline
    ) -> int:
        line = shlex.join(argv)
        deadline.check(line)
        self.ran.append(line)
        for words, error in self.failing.items():
            if words in line:
                raise error
        data, status = next(
            ((data, status) for words, data, status in self.prints if words in _plain(line)),
            (f"{argv[0]} printed this\n".encode(), 0),
        )
        for at in range(0, len(data), self.chunk_bytes):
            if not take(data[at : at + self.chunk_bytes]):
                break
        return status


def _plain(line: str) -> str:
    """Return the line without options: `docker logs graph-api-shared`."""
    return " ".join(word for word in line.split() if not word.startswith("-"))


class FakeBundleStore:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refuses = False

    def put(self, path: Path, bucket: str, key: str) -> None:
        if self.refuses:
            raise ExternalFailure("aws_access_denied", "s3:PutObject is not allowed")
        self.objects[f"{bucket}/{key}"] = path.read_bytes()
