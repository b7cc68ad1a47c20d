"""The query protocol: lists in a request, and answers made of plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from ladybug_lab.aws.wire import ApiCall, write_error

Document = Mapping[str, object]


class RefusedError(Exception):
    """A call that the API refuses: its error code, and its words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def invalid(words: str) -> RefusedError:
    return RefusedError("ValidationError", words)


def refused(call: ApiCall, error: RefusedError) -> Response:
    return write_error(call.protocol, error.code, str(error), HTTPStatus.BAD_REQUEST)


def answered(call: ApiCall, result: Document) -> Response:
    """Return the answer of an operation; lists become `member` elements."""
    name = call.operation
    return Response(
        f"<{name}Response><{name}Result>{_fields(result)}</{name}Result>"
        f"<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></{name}Response>",
        content_type="text/xml",
    )


def required(call: ApiCall, name: str) -> str:
    """Return a parameter, or refuse a call without it in the API's own words."""
    value = call.parameters.get(name)
    if not value:
        raise invalid(f"1 validation error detected: Value null at '{name}'")
    return value


def one_of(call: ApiCall, name: str, *allowed: str) -> str:
    value = required(call, name)
    if value not in allowed:
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
        )
    return value


def items(call: ApiCall, name: str) -> list[dict[str, str]]:
    """Return a list of structures, as in `Parameters.member.1.ParameterKey`.

    Fields deeper down keep their dotted names; a list of texts has them under the empty name.
    """
    found: dict[int, dict[str, str]] = {}
    pattern = re.compile(rf"{re.escape(name)}\.member\.(\d+)(?:\.(.+))?$")
    for key, value in call.parameters.items():
        if match := pattern.match(key):
            found.setdefault(int(match[1]), {})[match[2] or ""] = value
    return [found[number] for number in sorted(found)]


def _fields(document: Document) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in document.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return _fields(value)
        case str():
            return escape(value)
        case Sequence():
            return "".join(f"<member>{_value(one)}</member>" for one in value)
        case datetime():
            return value.isoformat()
        case _:
            return escape(str(value))
