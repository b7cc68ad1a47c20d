"""Warnings and failures on standard error; in a GitHub workflow as annotations of the run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def warn(text: str, environment: Mapping[str, str] = os.environ) -> None:
    _annotate("warning", f"warning: {text}", text, environment)


def complain(text: str, environment: Mapping[str, str] = os.environ) -> None:
    _annotate("error", text, text, environment)


def _annotate(level: str, plain: str, text: str, environment: Mapping[str, str]) -> None:
    """Print one line; in a workflow in the form that its runner shows (workflow commands)."""
    if environment.get("GITHUB_ACTIONS") != "true":
        print(f"ladybug-fleet: {plain}", file=sys.stderr)
        return
    # Percent first: the others bring percents of their own.
    for sign, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(sign, escaped)
    print(f"::{level}::{text}", file=sys.stderr)
