"""Warnings on standard error; in a GitHub workflow they are annotations of the run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def warn(text: str, environment: Mapping[str, str] = os.environ) -> None:
    """Print one warning; in a workflow in the form that its runner shows (workflow commands)."""
    if environment.get("GITHUB_ACTIONS") == "true":
        # Percent first: the others bring percents of their own.
        for plain, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
            text = text.replace(plain, escaped)
        print(f"::warning::{text}", file=sys.stderr)
        return
    print(f"ladybug-fleet: warning: {text}", file=sys.stderr)
