"""What the agent of Systems Manager keeps of a command's output, and what its status becomes.

A model of amazon-ssm-agent (`iohandler.go`: 24,000 and 8,000 bytes, and 2,400 for the combined
field; `pluginutil.ReadPrefix`: the mark counts towards the limit) and of the service, whose
ListCommandInvocations keeps 2,500 of the combined field. All is cut by bytes, so that a character
of several may be torn.
"""

from __future__ import annotations

from dataclasses import dataclass

OUTPUT_BYTES, ERROR_BYTES = 24_000, 8_000
COMBINED_BYTES, FIELD_BYTES = 2_400, 2_500
CUT = b"--output truncated--"
OUTPUT_CUT, ERROR_CUT = b"\n---Output truncated---", b"\n---Error truncated----"
ERROR_TITLE = b"\n----------ERROR-------\n"
MEANINGS = {0: "Success", 137: "Cancelled", 168: "Success", 169: "Failed", 194: "Reboot"}
"""168 and 169 also end the document, 194 reboots and runs it again."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an operator gets to see of one command."""

    status: str
    output: str
    """StandardOutputContent of GetCommandInvocation."""
    error: str
    combined: str
    """Output of ListCommandInvocations with its details."""


def invocation(output: bytes, error: bytes = b"", status: int = 0) -> Invocation:
    kept, kept_error = _head(output, OUTPUT_BYTES), _head(error, ERROR_BYTES)
    combined = _combined(kept, kept_error)[:FIELD_BYTES]
    return Invocation(
        status=MEANINGS.get(status, "Failed"),
        output=kept.decode(errors="replace"),
        error=kept_error.decode(errors="replace"),
        combined=combined.decode(errors="replace"),
    )


def _head(data: bytes, most: int) -> bytes:
    return data if len(data) < most else data[: most - len(CUT)] + CUT


def _combined(output: bytes, error: bytes) -> bytes:
    """Return both in one field: whichever is longer than half of it is cut."""
    title = ERROR_TITLE if error else b""
    room = COMBINED_BYTES - len(title)
    if len(output) + len(error) < room:
        return output + title + error
    if len(output) > room // 2 and len(error) > room // 2:
        half = (room - len(OUTPUT_CUT) - len(ERROR_CUT)) // 2
        return output[:half] + OUTPUT_CUT + title + error[:half] + ERROR_CUT
    if len(output) < room // 2:
        left = room - len(ERROR_CUT) - len(output)
        return output + title + error[:left] + ERROR_CUT
    left = room - len(OUTPUT_CUT) - len(error)
    return output[:left] + OUTPUT_CUT + title + error
