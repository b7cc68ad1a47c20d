"""TLS to AWS, with the certificates of the system or of `AWS_CA_BUNDLE`, as the AWS SDKs do."""

from __future__ import annotations

import os
import ssl
from functools import cache


def client_context() -> ssl.SSLContext:
    return _context(os.environ.get("AWS_CA_BUNDLE") or None)


@cache
def _context(bundle: str | None) -> ssl.SSLContext:
    """Return one for all connections: loading the system's certificates takes 30 ms."""
    return ssl.create_default_context(cafile=bundle)
