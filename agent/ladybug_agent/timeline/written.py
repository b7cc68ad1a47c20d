"""What others have written of this boot: cloud-init's status and log, the stub's log.

The boot reads them at its end, to be kept, so this loads next to nothing.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from ladybug_agent.model.boot_files import BootFiles

MOST_BYTES = 512 * 1024
MOST_LINES = 24
MOST_CHARS = 240
TIMES = ("start", "finished")
NOT_KEPT = "not kept"
# `2026-02-06 12:00:05,123 - util.py[DEBUG]: Cloud-init v. 22.2.2 running 'init-local' at ...`
CLOUD_INIT = (
    rb"(?m)^[-0-9]{10} [:0-9]{8}[,.][0-9]{3} - [^\n]{1,60}(?:"
    rb"Cloud-init v\.[^\n]{1,60} (?:running '|finished at)|"
    rb"(?:start|finish): modules-final/config-scripts[-_]user)[^\n]*$"
)
FIRST_STAGE = b"running 'init-local'"
# `2026-02-06T12:00:09Z ladybug-agent stub: fetched`; what programs say between is not ours.
STUB = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16} ladybug-agent stub: .+"


def read_status(path: Path) -> Any:
    """Return cloud-init's status of this boot. Raises OSError, and ValueError if it is no JSON."""
    with path.open("rb") as file:
        try:
            return json.loads(file.read(MOST_BYTES))
        except RecursionError as error:
            message = "nested too deeply"
            raise ValueError(message) from error


def read_log_lines(path: Path) -> list[str]:
    """Return those lines of the last boot in the log that tell of times. Raises OSError."""
    found = re.findall(CLOUD_INIT, _tail(path))
    starts = [at for at, line in enumerate(found) if FIRST_STAGE in line]
    block = found[starts[-1] :] if starts else found
    return [line[:MOST_CHARS].decode("utf-8", "replace") for line in block[:MOST_LINES]]


def read_stub_lines(path: Path) -> list[str]:
    """Return the last lines of the stub's log that are its own. Raises OSError."""
    lines = _tail(path).decode("utf-8", "replace").split("\n")
    return [line[:MOST_CHARS] for line in lines if re.fullmatch(STUB, line, re.ASCII)][-MOST_LINES:]


def read_around(files: BootFiles) -> dict[str, Any]:
    """Return all of it, as far as it is there, without what errors say, which is not ours to keep.

    Never fails.
    """
    found: dict[str, Any] = {}
    with suppress(OSError, ValueError, AttributeError):
        stages = read_status(files.cloud_init_status).get("v1", {}).items()
        found["cloud_init"] = {
            "v1": {name: _times(told) for name, told in stages if isinstance(told, dict)}
        }
        found["cloud_init_log"] = read_log_lines(files.cloud_init_log)
    with suppress(OSError):
        found["stub"] = read_stub_lines(files.stub_log)
    return found


def _times(told: dict[str, Any]) -> dict[str, Any]:
    errors = told.get("errors")
    count = len(errors) if isinstance(errors, list) else 0
    return {name: told.get(name) for name in TIMES} | {"errors": [NOT_KEPT] * min(count, 9)}


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - MOST_BYTES))
        return file.read(MOST_BYTES)
