"""AWS Signature Version 4 for a POST to `/`, which is all that the health check sends.

Source: "Create a signed AWS API request", AWS IAM User Guide. The tests compare each signature
with botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from ladybug_agent.model import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"


def signed_headers(
    headers: Mapping[str, str], body: bytes, service: str, region: str, who: Credentials,
    now: datetime,
) -> dict[str, str]:  # fmt: skip
    """Return the headers with date, token and signature. `headers` must have `Host`."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "X-Amz-Date": stamp, "X-Amz-Security-Token": who.session_token}
    canonical = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    names = ";".join(sorted(canonical))
    lines = "".join(f"{name}:{canonical[name]}\n" for name in sorted(canonical))
    request = f"POST\n/\n\n{lines}\n{names}\n{_hash(body)}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{_hash(request.encode())}"
    key = f"AWS4{who.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    sent["Authorization"] = (
        f"{ALGORITHM} Credential={who.access_key_id}/{scope},"
        f" SignedHeaders={names}, Signature={signature}"
    )
    return sent


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
