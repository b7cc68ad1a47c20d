"""Objects in S3, of which the agent has one kind: hot maps, a few kilobytes each."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors, error_code, understood
from ladybug_agent.errors import ExternalFailure
from ladybug_agent.model.hydration import StoredMap

SUFFIX = ".hotmap"
ABSENT = frozenset({"NoSuchKey", "404"})
# ConditionalRequestConflict: somebody else writes the same key at this moment.
CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class S3MapStore:
    """Maps in a bucket, one object for each database. Each call is one try of at most 7 s."""

    def __init__(
        self, clients: AwsClients, bucket: str, prefix: str, *, owner: str, most_bytes: int
    ) -> None:
        self._clients = clients
        self._bucket = bucket
        self._prefix = prefix
        # A bucket of our name that is somebody else's gets nothing from us, and gives us nothing.
        self._owner = {"ExpectedBucketOwner": owner} if owner else {}
        self._most_bytes = most_bytes

    @property
    def where(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def load(self, database_uuid: str) -> StoredMap | None:
        key = self._key(database_uuid)
        action = "s3:GetObject"
        client = self._clients.client("s3", "once")
        with aws_errors(action, resource=f"{self._bucket}/{key}"), understood(action):
            try:
                answer = client.get_object(Bucket=self._bucket, Key=key, **self._owner)
            except client.exceptions.ClientError as error:
                # Without s3:ListBucket S3 answers AccessDenied for a key that does not exist.
                if error_code(error) in ABSENT:
                    return None
                raise
            return StoredMap(data=self._body(answer, key), version=answer["ETag"])

    def replace(self, database_uuid: str, data: bytes, *, version: str | None) -> bool:
        key = self._key(database_uuid)
        condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        with aws_errors("s3:PutObject", resource=f"{self._bucket}/{key}"):
            client = self._clients.client("s3", "once")
            try:
                client.put_object(
                    Bucket=self._bucket, Key=key, Body=data, **condition, **self._owner
                )
            except client.exceptions.ClientError as error:
                if error_code(error) in CHANGED | (ABSENT if version else frozenset()):
                    return False
                raise
        return True

    def _key(self, database_uuid: str) -> str:
        return "/".join(part for part in (self._prefix, f"{database_uuid}{SUFFIX}") if part)

    def _body(self, answer: dict[str, Any], key: str) -> bytes:
        data = b""
        # Not as a context itself: that is urllib3's stream, whose errors are not botocore's.
        with closing(answer["Body"]) as body:
            # To its end, for only there a body that was cut off is told from a whole one: a map
            # that looks torn would be replaced, and all that it knew be lost.
            while part := body.read(self._most_bytes + 1 - len(data)):
                data += part
                if len(data) > self._most_bytes:
                    break
        if len(data) > self._most_bytes:
            raise ExternalFailure(
                "hot_map_too_large",
                f"s3://{self._bucket}/{key} has more than {self._most_bytes} bytes",
                hint="no hot map is that large: delete the object, and it is recorded anew",
            )
        return data
