"""TLS to AWS, with the certificates of the system or of `AWS_CA_BUNDLE`, as the AWS SDKs do."""

from __future__ import annotations

import os
import ssl


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
