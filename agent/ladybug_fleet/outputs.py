"""Results of the operator tools: text or JSON on standard output, and outputs of a GitHub step."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path


def tell(document: Mapping[str, object], lines: Iterable[str], style: str) -> None:
    """Print a result: the document as JSON, or the same for people.

    The document's `schema` is `ladybug.fleet-<verb>/1`; its form is public API.
    """
    if style == "json":
        print(json.dumps(document, indent=1, default=str))
        return
    for line in lines:
        print(line)


def give_github(outputs: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> None:
    """Write outputs of this step where GitHub Actions reads them; nothing outside of a workflow.

    Every value is written in the form for many lines, with a delimiter that nobody can guess, so
    that no value can pass for another output (docs.github.com, workflow commands).
    """
    if not (path := environment.get("GITHUB_OUTPUT")):
        return
    with Path(path).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            end = f"end-{secrets.token_hex(16)}"
            file.write(f"{name}<<{end}\n{value}\n{end}\n")
