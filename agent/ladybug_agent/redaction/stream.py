"""Redaction of a stream of any length in bounded memory, wherever its chunks were cut.

A secret that is split over two chunks looks like none in either. So nothing is let through before
its line has ended, and of a PEM block nothing before the block has. A line that is longer than
`LINE_CHARS` is cut, a good way before what may be the first half of a secret.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from ladybug_agent.redaction.redactor import Redactor
from ladybug_agent.redaction.shapes import PEM_CHARS

LINE_CHARS = 64 * 1024
MARGIN_CHARS = 8 * 1024
"""No secret is longer: the first half of one is no nearer to the cut than this."""
CUT = " [cut: a line of more than 64 KiB]"
BEGIN, END = "-----BEGIN", "-----END"


class RedactedStream:
    """Takes bytes and passes on text: whole lines, each without secrets."""

    def __init__(self, redactor: Redactor, write: Callable[[str], object]) -> None:
        self._redactor = redactor
        self._write = write
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""
        self._is_cutting = False

    def feed(self, data: bytes) -> None:
        self._held += self._decode(data)
        if self._is_cutting:
            self._skip()
        if whole := self._whole_lines():
            self._pass_on(whole)
        if len(self._held) > LINE_CHARS + PEM_CHARS:
            self._cut()

    def finish(self) -> None:
        """Pass on what is left. Nothing may be fed any more."""
        self._held += self._decode(b"", final=True)
        if self._is_cutting:
            self._skip()
        self._pass_on(len(self._held))

    def _whole_lines(self) -> int:
        """Return how many characters are lines that have ended, up to an open PEM block."""
        whole = self._held.rfind("\n") + 1
        begin = self._held.rfind(BEGIN, 0, whole)
        if begin < 0 or END in self._held[begin:whole] or whole - begin > PEM_CHARS * 2:
            return whole
        return self._held.rfind("\n", 0, begin) + 1

    def _pass_on(self, count: int) -> None:
        text, self._held = self._held[:count], self._held[count:]
        if text:
            self._write(self._redactor.text(text))

    def _cut(self) -> None:
        text, self._held = self._held, ""
        self._write(self._redactor.text(text)[:-MARGIN_CHARS] + CUT)
        self._is_cutting = True

    def _skip(self) -> None:
        _, end, rest = self._held.partition("\n")
        self._held = end + rest
        self._is_cutting = not end
