"""Where a support bundle is to go, as an operator writes it."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[!-~]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleTarget:
    """A file, or a prefix in a bucket."""

    file: Path | None = None
    bucket: str = ""
    prefix: str = ""


def bundle_target(text: str) -> BundleTarget:
    """Parse `FILE` or `s3://BUCKET/PREFIX`.

    >>> bundle_target("s3://support/replicas/")
    BundleTarget(file=None, bucket='support', prefix='replicas')
    """
    if "://" in text:
        if found := S3.fullmatch(text):
            return BundleTarget(bucket=found["bucket"], prefix=(found["prefix"] or "").strip("/"))
        wanted = "wanted s3://BUCKET/PREFIX or the path of a file"
    elif text and not text.startswith("-"):
        return BundleTarget(file=Path(text))
    else:
        wanted = "wanted the path of a file: a bundle is not text, and cannot go to standard output"
    message = f"{wanted}, found {text!r}"
    raise argparse.ArgumentTypeError(message)
