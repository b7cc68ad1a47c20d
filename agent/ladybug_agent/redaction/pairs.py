"""Values whose names say that they are secrets: `NAME=value`, `"name": "value"`, `--name value`."""

from __future__ import annotations

import re

from ladybug_agent.redaction.names import could_be_secret, is_secret_name
from ladybug_agent.redaction.shapes import MARK

HEAD = re.compile(
    # The account and the path in an ARN stand between colons too.
    r"(?P<arn>\barn:aws[\w:/.+@*-]*+)"
    r"|(?<![\w.-])(?P<name>[\w.-]++)"
    r"(?P<between>\\{0,7}[\"']?[ \t]{0,4}(?::=|=>|[:=]|%3[Dd])[ \t]{0,4}"
    r"|(?<=[A-Za-z0-9])[ \t]{1,4}(?=[^\s-]))"
)
VALUE = re.compile(
    # Quoted with backslashes, as in JSON within JSON; quoted; or up to white space.
    r"\\{1,7}\"(?P<deep>[^\"\\\n]*+(?:\\(?!\\{0,7}\")[^\"\\\n]*+)*+)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*+)"
    r"|'(?P<single>(?:[^'\\\n]|\\.)*+)"
    # What ends a bare value is the next field of a query or a list, or the quote around all of it.
    r"|(?P<bare>(?:[^\s\"'\\&,]|\\(?![\"'])|&(?![\w.%-]{1,64}=)|,(?![\"'])"
    r"|[\"'](?![\s,:;}\])]|$))++)"
)
STRUCTURE = re.compile(r"[{\[][\"']")
"""A value such as `{'auth': 'x'}`: bare, and not over at its first blank."""
TO_ITS_END = re.compile(r"[^\n}\]]*+[}\]]?")


def hide_pairs(text: str) -> tuple[str, int]:
    """Return the text with the values of secret names hidden, and how many there were."""
    parts, done, count = [], 0, 0
    for head in HEAD.finditer(text):
        if head.start() < done or not _is_secret(head):
            continue
        value = VALUE.match(text, head.end())
        if value is None or not could_be_secret(head["name"], value[value.lastgroup or 0]):
            continue
        first, last = value.span(value.lastgroup or 0)
        if STRUCTURE.match(text, first) and (rest := TO_ITS_END.match(text, last)):
            last = rest.end()
        parts += [text[done:first], MARK]
        done, count = last, count + 1
    return "".join([*parts, text[done:]]), count


def _is_secret(head: re.Match[str]) -> bool:
    name = head["name"]
    if name is None or (head["between"].isspace() and not name.startswith("--")):
        return False
    return is_secret_name(name)
