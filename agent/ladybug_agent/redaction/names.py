"""Whether the name of a value says that the value is a secret, and whether the value could be."""

from __future__ import annotations

import re
from functools import lru_cache

ANYWHERE = (
    "passw",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "signature",
    "authorization",
)
"""In any part of a name."""
WORDS = frozenset({"auth", "cookie", "cred", "creds", "key", "pass", "pwd"})
"""Only as a word of their own: a `monkey` and a `bypass` are none."""
TELLS_ABOUT = frozenset({
    "age", "arn", "at", "bytes", "count", "dir", "endpoint", "expiration", "expires", "expiry",
    "file", "host", "id", "ids", "length", "name", "names", "path", "port", "seconds", "size",
    "ttl", "type", "uri", "url",
})  # fmt: skip
"""As the last word they make it a name for a fact about a secret: `KEY_FILE`, `token_ttl`."""
NO_SECRET_KEYS = frozenset({
    "cache", "foreign", "hash", "host", "kms", "object", "partition", "primary", "public", "range",
    "sort",
})  # fmt: skip
"""What makes a `key` one that all may know."""
OURS = frozenset({"iam.credentials", "metadata.token"})
"""Ids of checks, which stand before a colon."""
ORDINARY = frozenset({"key", "pass"})
"""Words so common that the value must look like a secret too."""

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
HARMLESS = re.compile(r"(?:[0-9]{1,4}|true|false|null|none|yes|no|\[redacted\]|)", re.IGNORECASE)
ORDINARY_VALUE = re.compile(r"(?:[0-9.]+|[A-Za-z]+|[a-z_]+(?:\.[a-z_]+)+,?)")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a value of this name is to be hidden.

    >>> [is_secret_name(name) for name in ("DB_PASSWORD", "x-amz-security-token", "apiKey")]
    [True, True, True]
    >>> [is_secret_name(name) for name in ("monkey", "KEY_FILE", "metadata.token", "sort_key")]
    [False, False, False, False]
    """
    words = [word.lower() for word in WORD.findall(name)]
    if not words or name.strip(".") in OURS or words[-1] in TELLS_ABOUT:
        return False
    joined = "".join(words)
    if any(part in joined for part in ANYWHERE):
        return True
    found = WORDS.intersection(words)
    return bool(found) and not (found == {"key"} and NO_SECRET_KEYS.intersection(words))


def could_be_secret(name: str, value: str) -> bool:
    """Return whether a value under a secret name can be one: a count or `true` is none.

    >>> could_be_secret("pass", "27"), could_be_secret("pass", "hunter2")
    (False, True)
    """
    value = value.rstrip(",;)]}") or value
    if HARMLESS.fullmatch(value):
        return False
    return name.lower() not in ORDINARY or not ORDINARY_VALUE.fullmatch(value)
