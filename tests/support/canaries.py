"""Secrets that were made up, in every form in which one can get into text."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

SECRET_KEY = "tK7xPp0aQ2mZrV9sLdW4uYb8JcE1hNf6GoTiR3Xe"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJr" + "aB3/dE5+gH7" * 60
PASSWORD = "correct-horse:battery/staple&7"
KNOWN = (SECRET_KEY, SESSION_TOKEN, PASSWORD)
"""What a process may have loaded."""
ECR_PASSWORD = base64.b64encode(json.dumps({"payload": "x" * 90, "datakey": "y" * 60}).encode())
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM_BODY = ("MIIEowIBAAKCAQEAv7n1Wq0pJ5f3xUoG2", "k9Zb4tQyN8mDh6sLrC0eVw2aXiPj7Tf1K")
PEM = "\n".join(("-----BEGIN RSA PRIVATE KEY-----", *PEM_BODY, "-----END RSA PRIVATE KEY-----"))

BY_SHAPE: Mapping[str, tuple[str, ...]] = {
    "key=AKIAIOSFODNN7EXAMPLE used": ("AKIAIOSFODNN7EXAMPLE",),
    "assumed ASIAQ3EGRIZWEXAMPLE4 for": ("ASIAQ3EGRIZWEXAMPLE4",),
    "found wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY here": ("K7MDENG",),
    f"got {SESSION_TOKEN}": ("IQoJb3Jp", "aB3/dE5"),
    "GET /x?X-Amz-Expires=60&X-Amz-Signature=9f86d081884c7d65&X-Amz-Date=1": ("9f86d081",),
    "x-amz-security-token%3Dabcd1234efgh": ("abcd1234efgh",),
    "X-aws-ec2-metadata-token: AQAEAKqv8ZdX1": ("AQAEAKqv8ZdX1",),
    "Authorization: AWS4-HMAC-SHA256 Credential=AKID/2026/eu, Signature=77ab": ("77ab", "AKID"),
    "authorization: Digest user, response=deadbeef01": ("deadbeef01",),
    "curl -H 'Authorization: Bearer abc.def-ghi_jkl' http://x": ("abc.def-ghi_jkl",),
    "sent Bearer 0a1b2c3d4e5f6071": ("0a1b2c3d4e5f6071",),
    "Proxy said Basic dXNlcjpodW50ZXIy for us": ("dXNlcjpodW50ZXIy",),
    "Set-Cookie: session=31337deadbeef; Path=/": ("31337deadbeef",),
    f"token is {JWT} for": ("eyJhbGci", "eyJzdWIi", "dozjgNry"),
    f"login AWS {ECR_PASSWORD.decode()}": ("eyJwYXls", ECR_PASSWORD.decode()[30:60]),
    base64.b64encode(b"AWS:" + ECR_PASSWORD).decode(): ("QVdTOmV5S", "bGVYSjB"),
    f"before\n{PEM}\nafter": PEM_BODY,
    PEM.replace("\n", "\\n"): PEM_BODY,
    f"cut off\n{PEM[:60]}": (PEM_BODY[0][:20],),
    "pulled https://bob:hunter2-hunter2@registry.example/v2/": ("hunter2", "bob"),
    "cloned https://ghp_a8Jk2LmN5pQ8rStU3vWxYz0123@host/r": ("ghp_a8Jk2",),
    "postgres://app:p%40ss@db:5432/x": ("p%40ss",),
    "DB_PASSWORD=hunter2": ("hunter2",),
    'DB_PASSWORD=ab"cd-ef': ("cd-ef", "ab"),
    'export API_SECRET="a b c"': ("a b c",),
    "apiKey: 'se cret'": ("se cret",),
    '{"password": "hun\\"ter2", "user": "bob"}': ("hun", "ter2"),
    '{"log": "{\\"token\\": \\"hunter2\\", \\"n\\": 1}"}': ("hunter2",),
    "password: hunter2": ("hunter2",),
    "docker login --password hunter2 host": ("hunter2",),
    "mysql --db-password=hunter2": ("hunter2",),
    "{'auth': 'hunter2'}": ("hunter2",),
    "client_secret=>hunter2": ("hunter2",),
    "mytoken := hunter2": ("hunter2",),
}
"""A text, and what of it must not be left."""

HARMLESS = (
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com/graph-api@sha256:" + "ab12" * 16,
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "snap-0123456789abcdef0 vol-0fedcba9876543210 i-0123456789abcdef0 eni-0a1b2c3d",
    "arn:aws:iam::123456789012:role/graph-replica",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
    "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "9f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0",
    "LBDIAG/1 FAIL metadata.token fail=2 warn=1 pass=27 skip=3 err=0 0.9s i-0abc az=eu-central-1a",
    "metadata.token: wanted a session token, found no answer within 2 s",
    "iam.credentials: the role `graph-replica` gives credentials until 18:00",
    "Basic authentication is off; a bearer of news; the key of the map; tokens: 3",
    '{"schema": "ladybug.diagnose/1", "pass": 27, "ids": ["metadata.token", "iam.credentials"]}',
    "XFS (nvme1n1): Mounting V5 Filesystem 4d2f6f9e-1111-4c2d-9c55-0a1b2c3d4e5f",
    "/dev/nvme1n1 on /mnt/lbug-data type xfs (ro,noatime,nouuid,inode64,logbufs=8,logbsize=32k)",
    "https://docs.example.org/errors.html#volume_not_mapped",
    "2026-11-28T18:00:00.000Z [info] step_done step=mount duration_s=0.031",
    "X-aws-ec2-metadata-token-ttl-seconds: 300",
    "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/token kms_key_id=alias/data sort_key=id",
    "ladybug-agent[412]: user@host.example said hello to ec2-user@10.0.0.1",
    "no colon at all",
    "",
)
"""What an operator must be able to read."""


def dresses(secret: str) -> Mapping[str, str]:
    """Return texts that carry the secret, by how."""
    return {
        "plain": f"found {secret} in it",
        "in a URL": f"GET /x?a={quote(secret, safe='')}&b=1",
        "in JSON": json.dumps({"said": f"it is {secret}"}),
        "base64": base64.b64encode(secret.encode()).decode(),
        "base64 behind one byte": base64.b64encode(b"x" + secret.encode()).decode(),
        "base64 behind two bytes": base64.b64encode(f"u:{secret}, and more".encode()).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(b"ab" + secret.encode()).decode(),
        "hexadecimal": secret.encode().hex(),
        "wrapped base64": base64.encodebytes(f"user:{secret}".encode()).decode(),
    }
