"""The AWS CLI for a machine that has none: version 1, which is Python, from the package index."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ladybug_lab.depot import cache_directory

VERSION = "1.45.11"
PROGRAM = """#!/bin/sh
PYTHONPATH={directory} PYTHONDONTWRITEBYTECODE=1 exec python3 -m awscli "$@"
"""


def aws_cli() -> Path:
    """Return a directory with its modules; fetched once, then no network is needed."""
    kept = cache_directory() / "aws-cli" / VERSION
    if not kept.exists():
        draft = kept.with_name(f".{VERSION}")
        shutil.rmtree(draft, ignore_errors=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--target", str(draft), f"awscli=={VERSION}"],
            check=True, timeout=300, capture_output=True,
        )  # fmt: skip
        draft.rename(kept)
    return kept
