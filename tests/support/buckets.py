"""Buckets that encrypt what is put into them, as S3's do; moto's do when they are told to."""

from __future__ import annotations

from ladybug_lab.aws.server import LabAws


def encrypt(aws: LabAws, bucket: str, algorithm: str = "AES256") -> None:
    """Have the bucket encrypt by default, and make it first if it is not there."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    encryption = {"Rules": [rule]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
