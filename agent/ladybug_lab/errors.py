"""The lab's one error type."""

from __future__ import annotations


class LabError(Exception):
    """The lab could not set something up; `hint` says what the operator can do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
