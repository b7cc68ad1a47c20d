"""Objects in S3, below one prefix."""

from __future__ import annotations

import base64
import re
from contextlib import closing
from typing import Any

from ladybug_agent.adapters.aws_errors import error_code
from ladybug_agent.errors import ConfigError
from ladybug_fleet.aws import aws_errors
from ladybug_fleet.publishing.artefact import Artefact
from ladybug_fleet.publishing.store import StoredObject

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
# ConditionalRequestConflict: somebody else writes the same key at this moment.
EXISTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
PLACE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")


def parse_place(uri: str) -> tuple[str, str]:
    """Return bucket and prefix, the latter without slashes at its ends. Raises ConfigError.

    >>> parse_place("s3://artefacts/ladybug/prod/")
    ('artefacts', 'ladybug/prod')
    >>> parse_place("s3://artefacts")
    ('artefacts', '')
    """
    found = PLACE.fullmatch(uri)
    if not found:
        raise ConfigError(
            "publish_target_invalid",
            f"wanted s3://BUCKET/PREFIX, found `{uri}`",
            hint="--to s3://my-artefacts/ladybug-agent",
        )
    return found["bucket"], (found["prefix"] or "").strip("/")


class S3Store:
    """A prefix of a bucket. S3 itself compares each upload with the SHA-256 sent along."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def uri(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._key(name)}"

    def put_new(self, artefact: Artefact) -> bool:
        with aws_errors("s3:PutObject", resource=self.uri(artefact.name)):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._key(artefact.name),
                    Body=artefact.data,
                    ContentType=artefact.content_type,
                    # Named as well: other stores keep the check sum only then.
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=base64.b64encode(artefact.digest).decode(),
                    IfNoneMatch="*",
                )
            except self._client.exceptions.ClientError as error:
                if error_code(error) in EXISTS:
                    return False
                raise
        return True

    def look(self, name: str) -> StoredObject | None:
        # A HEAD is allowed by s3:GetObject; there is no action of its own.
        with aws_errors("s3:GetObject", resource=self.uri(name)):
            try:
                found = self._client.head_object(
                    Bucket=self._bucket, Key=self._key(name), ChecksumMode="ENABLED"
                )
            except self._client.exceptions.ClientError as error:
                if error_code(error) in ABSENT:
                    return None
                raise
        return StoredObject(size=found["ContentLength"], digest=_digest(found))

    def read(self, name: str) -> bytes:
        with aws_errors("s3:GetObject", resource=self.uri(name)):
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(name))
            with closing(found["Body"]) as body:
                data: bytes = body.read()
        return data

    def _key(self, name: str) -> str:
        return "/".join(part for part in (self._prefix, name) if part)


def _digest(found: dict[str, Any]) -> bytes | None:
    """Return the SHA-256 that S3 keeps, or None: that of parts (`...-3`) is not the whole's."""
    text = str(found.get("ChecksumSHA256", ""))
    is_whole = text and "-" not in text and found.get("ChecksumType", "FULL_OBJECT") != "COMPOSITE"
    return base64.b64decode(text) if is_whole else None
