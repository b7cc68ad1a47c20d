"""One file of a bundle while it is collected: redacted, and never longer than its limit."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.redaction.stream import RedactedStream


class Spool:
    """Takes bytes as they come. All secrets that are known by now are looked for."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._redactor = Redactor()
        self._stream = RedactedStream(self._redactor, self._write)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._out = path.open("xb")
        self.size = 0
        self.is_cut = False

    @property
    def redactions(self) -> int:
        return self._redactor.count

    def take(self, data: bytes) -> bool:
        """Take what has come; return whether there is room for more."""
        self._stream.feed(data)
        return not self.is_cut

    def take_document(self, document: object) -> object:
        """Return the document without secrets, counted as this file's."""
        return self._redactor.document(document)

    def write_as_it_is(self, text: str) -> None:
        """Write text that has been redacted in its own way: other marks would break its format."""
        self._write(self._redactor.exact(text))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            self._stream.finish()
        finally:
            self._out.close()

    def _write(self, text: str) -> None:
        data = text.encode(errors="replace")
        room = self._most_bytes - self.size
        self.is_cut = self.is_cut or len(data) > room
        self.size += self._out.write(data[:room])
