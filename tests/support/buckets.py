"""Buckets that encrypt what is put into them, as S3's do; moto's do when they are told to."""

from __future__ import annotations

from ladybug_lab.aws.server import LabAws


def encrypt(aws: LabAws, bucket: str, algorithm: str = "AES256") -> None:
    """Have the bucket encrypt by default."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    encryption = {"Rules": [rule]}
    aws.client("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration=encryption
    )
