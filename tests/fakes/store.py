"""A place for published files that can lose, change and refuse them."""

from __future__ import annotations

import hashlib

from ladybug_agent.errors import ExternalFailure
from ladybug_fleet.publishing.artefact import Artefact
from ladybug_fleet.publishing.store import StoredObject


class FakeStore:
    """`objects` is what is there. `corrupts` names the file whose upload arrives changed."""

    def __init__(
        self, *, corrupts: str = "", loses: str = "", refuses: str = "", keeps_digests: bool = True
    ) -> None:
        self.objects: dict[str, bytes] = {}
        self.read_back: list[str] = []
        self._corrupts = corrupts
        self._loses = loses
        self._refuses = refuses
        self._keeps_digests = keeps_digests

    def uri(self, name: str) -> str:
        return f"s3://fake/{name}"

    def put_new(self, artefact: Artefact) -> bool:
        if artefact.name in self.objects:
            return False
        if artefact.name == self._refuses:
            raise ExternalFailure(
                "aws_access_denied", f"this session may not store {self.uri(artefact.name)}"
            )
        data = artefact.data
        if artefact.name == self._corrupts:
            data = bytes([data[0] ^ 1]) + data[1:]
        if artefact.name != self._loses:
            self.objects[artefact.name] = data
        return True

    def look(self, name: str) -> StoredObject | None:
        if name not in self.objects:
            return None
        data = self.objects[name]
        digest = hashlib.sha256(data).digest() if self._keeps_digests else None
        return StoredObject(size=len(data), digest=digest)

    def read(self, name: str) -> bytes:
        self.read_back.append(name)
        return self.objects[name]
