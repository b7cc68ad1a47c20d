"""What a disk refuses (no room, no permission), as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ladybug_agent.errors import ExternalFailure


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Turn an OSError within into an ExternalFailure that names the place."""
    try:
        yield
    except OSError as error:
        raise ExternalFailure(
            "bundle_not_written",
            f"wanted to write below {place}, found that it cannot be done",
            hint="make room there, or name other places: --output, --wheels, TMPDIR",
        ) from error
