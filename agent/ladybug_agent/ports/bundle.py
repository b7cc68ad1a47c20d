"""What a support bundle needs from the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ladybug_agent.clock import Deadline


class StreamCommand(Protocol):
    def __call__(
        self, argv: Sequence[str], take: Callable[[bytes], bool], *, deadline: Deadline
    ) -> int:
        """Run a program, pass on all that it prints as it comes, and return its status.

        Ends it when `take` returns False. Raises DeadlineExceeded, or ExternalFailure where there
        is no such program or nothing can end it.
        """
        ...


class BundleStore(Protocol):
    def put(self, path: Path, bucket: str, key: str) -> None:
        """Upload a file, to a bucket of this account only, and see that it is encrypted there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleWorld:
    """All of the world that a bundle touches. Built in `wiring_bundle`, or of fakes."""

    run: StreamCommand
    store: Callable[[], BundleStore]
    """Made when a bundle is to be uploaded: only then are AWS's libraries loaded."""
