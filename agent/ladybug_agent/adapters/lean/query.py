"""A call of the query protocol whose answer matters: sent, parsed, its errors turned into ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ladybug_agent.adapters.aws_codes import garbled, service_error
from ladybug_agent.adapters.lean.aws import LeanAws, ServiceRefusedError
from ladybug_agent.adapters.lean.xml import Element, GarbledXmlError, parse_xml

T = TypeVar("T")


def ask(
    aws: LeanAws, action: str, version: str, values: Mapping[str, str], read: Callable[[Element], T]
) -> T:
    """Make the call `service:Operation` and return what `read` makes of the answer.

    A ValueError of `read` means that the answer lacks what AWS always answers. Raises
    ServiceRefusedError for who knows what to make of a code: see `told`.
    """
    service, _, operation = action.partition(":")
    answer = aws.query_call(service, operation, version, values)
    try:
        return read(_answer_to(operation, parse_xml(answer)))
    except (GarbledXmlError, ValueError) as error:
        raise garbled(action) from error


def _answer_to(operation: str, document: Element) -> Element:
    if document.name != f"{operation}Response":
        raise GarbledXmlError(f"the answer to something else: {document.name}")
    return document


def told(
    aws: LeanAws, action: str, version: str, values: Mapping[str, str], read: Callable[[Element], T]
) -> T:
    """Do the same, with every refusal turned into an error of ours."""
    try:
        return ask(aws, action, version, values, read)
    except ServiceRefusedError as error:
        raise service_error(error.code, error.status, action, "") from error


def required(element: Element, *path: str) -> str:
    """Return the text. Raises ValueError if there is none."""
    if text := element.get(*path):
        return text
    raise ValueError(f"no {'/'.join(path)}")
