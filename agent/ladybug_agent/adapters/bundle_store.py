"""Support bundles in S3: one object each, at most 50 MB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ladybug_agent.adapters.aws import AwsClients
from ladybug_agent.adapters.aws_errors import aws_errors
from ladybug_agent.errors import ExternalFailure


class S3BundleStore:
    """`account_id` is whose the bucket must be: nobody else is sent a bundle by a wrong name."""

    def __init__(self, clients: AwsClients, account_id: Callable[[], str]) -> None:
        self._clients = clients
        self._account_id = account_id

    def put(self, path: Path, bucket: str, key: str) -> None:
        """Upload a file with the encryption that the bucket has by default.

        S3 encrypts every object since 2023; to name a method here could only weaken what the
        bucket's owner chose. The answer says which it was.
        """
        owner = self._account_id()
        with aws_errors("s3:PutObject", resource=f"{bucket}/{key}"), path.open("rb") as body:
            answer = self._clients.client("s3").put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="application/gzip",
                ExpectedBucketOwner=owner,
            )
        if not answer.get("ServerSideEncryption"):
            raise ExternalFailure(
                "support_bundle_not_encrypted",
                f"wanted s3://{bucket}/{key} encrypted, found that S3 names no encryption",
                hint="delete the object, and look at what answers in the place of S3",
            )
