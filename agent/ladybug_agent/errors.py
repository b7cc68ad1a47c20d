"""Errors, classed by what the caller should do; a stable `code` says what happened.

    AgentError
    ├── ConfigError        the operator must change the configuration; exit status 2
    ├── NotYet             the world is not there yet; only `wait_until` catches it
    ├── Refused            a safety check said no; waiting cannot help
    │   └── Fenced         another live registration holds this identity; exit status 3
    ├── ExternalFailure    a service or program outside the agent failed
    │   └── Recorded       another process of the agent failed, by its record
    ├── DeadlineExceeded   something did not happen in the time allowed
    ├── Cancelled          told to stop (the sibling branch failed, or SIGTERM)
    └── Busy               another run holds the lock; exit status 75

Every code has an entry in `docs/errors.md`; `tests/unit/test_error_catalogue.py` keeps them equal.
"""

from __future__ import annotations

from collections.abc import Iterator


class AgentError(Exception):
    """A stable `code`, one sentence, a hint for the operator, and facts for log and record.

    The sentence says what was wanted and what was found. It never repeats the text of its cause:
    the log prints the whole chain.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.facts = facts


class ConfigError(AgentError):
    """The configuration or the command line is wrong; never retried."""


class NotYet(AgentError):  # noqa: N818 - it is an answer, not a fault
    """The world is not there yet; waiting may help."""


class Refused(AgentError):  # noqa: N818 - reads as the sentence it is
    """A safety check said no; waiting cannot help."""


class Fenced(Refused):
    """Another live registration holds this identity."""


class ExternalFailure(AgentError):  # noqa: N818
    """A service or program outside the agent failed. Raised by adapters."""


class Recorded(ExternalFailure):
    """What another process failed of, with the code that its record has."""

    @classmethod
    def of(cls, code: str, message: str, *, hint: str, **facts: object) -> Recorded:
        return cls(code, message, hint=hint, **facts)


class DeadlineExceeded(AgentError):  # noqa: N818
    """Something did not happen in the time allowed."""


class Cancelled(AgentError):  # noqa: N818
    """Told to stop: the sibling branch failed first, or the process got SIGTERM or SIGINT."""


class Busy(AgentError):  # noqa: N818
    """Another run of the same verb holds the lock."""


def error_chain(error: BaseException) -> list[str]:
    """Return one line per error, from the outermost to the root cause."""
    return [_line(link) for link in _links(error)]


def reason(error: BaseException) -> AgentError | None:
    """Return the error whose code names what went wrong, or None if it is not one of ours.

    That is the outermost, unless it only says that time ran out: then what was waited for in vain.
    """
    while isinstance(error, DeadlineExceeded) and isinstance(error.__cause__, AgentError):
        error = error.__cause__
    return error if isinstance(error, AgentError) else None


def describe(error: BaseException) -> str:
    """Return one line for people: code, what happened, what to do."""
    found = reason(error)
    if found is None:
        return f"internal_error: {type(error).__name__}: {error}"
    waited = f"{error}: " if error is not found else ""
    hint = f" ({found.hint})" if found.hint else ""
    return f"{found.code}: {waited}{found}{hint}"


def _links(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _line(error: BaseException) -> str:
    if isinstance(error, AgentError):
        return f"{error.code}: {error}"
    return f"{type(error).__name__}: {error}"
